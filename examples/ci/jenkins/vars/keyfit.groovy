// A step for a shared library: keyfit(environment: 'staging') inside withCredentials checks one
// environment and publishes what came of it. Of the options only `environment` must be given.
//
//   withCredentials([string(credentialsId: 'payment-api-key-staging', variable: 'PAYMENT_API_KEY')]) {
//       keyfit environment: 'staging'
//   }
def call(Map options) {
    if (!options.environment) {
        error "keyfit: name the environment, such as keyfit(environment: 'staging')"
    }
    // The options reach the shell as variables, never as a part of its text.
    withEnv([
        "CHECK_ENVIRONMENT=${options.environment}",
        "CHECK_CONFIG=${options.config ?: ''}",
        "CHECK_FAIL_ON=${options.failOn ?: 'error'}",
        "CHECK_ON_UNVERIFIED=${options.onUnverified ?: 'fail'}",
        "CHECK_OFFLINE=${options.offline ? 'true' : 'false'}",
    ]) {
        try {
            sh '''
                set -- check --environment "$CHECK_ENVIRONMENT" --offline="$CHECK_OFFLINE"
                set -- "$@" --fail-on "$CHECK_FAIL_ON" --on-unverified "$CHECK_ON_UNVERIFIED"
                if [ -n "$CHECK_CONFIG" ]; then set -- "$@" --config "$CHECK_CONFIG"; fi
                keyfit "$@" --output json=keyfit.json --output junit=keyfit.xml --output sarif=keyfit.sarif
            '''
        } finally {
            junit testResults: 'keyfit.xml', allowEmptyResults: true
            recordIssues tool: sarif(pattern: 'keyfit.sarif', id: "keyfit-${options.environment}", name: "keyfit ${options.environment}")
            archiveArtifacts artifacts: 'keyfit.json', allowEmptyArchive: true
        }
    }
}

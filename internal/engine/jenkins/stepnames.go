package jenkins

// symbolKey is under what a description such as string(credentialsId: …) keeps its name.
const symbolKey = "$symbol"

// describing are the steps whose arguments describe something: a call in them runs nothing.
var describing = []string{
	"withCredentials", "properties", "parameters", "build", "sshPublisher", "checkout", "step", "configFileProvider", "withVault", "podTemplate", "input",
	"scmGit", "library", "wrap", "pipelineTriggers", "publishHTML", "recordIssues", "buildDiscarder", "node", "withAzureKeyvault", "kubernetesDeploy",
	"withFolderProperties", "sshPublisherDesc", "sshTransfer",
}

// described are what such calls may be called; those of bindings count as well.
var described = []string{
	"text", "booleanParam", "choice", "password", "credentials", "nonStoredPassword", "run", "gitParameter", "parameters", "configFile", "sshPublisherDesc",
	"sshTransfer", "envVar", "secretEnvVar", "containerTemplate", "buildDiscarder", "logRotator", "disableConcurrentBuilds", "pipelineTriggers", "cron", "pollSCM",
	"scmGit", "modernSCM", "gitSCM", "stringParam", "extendedChoice", "activeChoice", "reactiveChoice", "imagePullPolicy", "emptyDirVolume", "hostPathVolume",
	"secretVolume", "persistentVolumeClaim", "githubProjectProperty", "copyArtifactPermission", "rateLimitBuilds", "durabilityHint", "lastSuccessful", "specific",
}

// wrapper is a step with a block that keyfit knows: the variables that it sets there.
type wrapper struct {
	names []string
	needs string
}

// wrappers are the steps that run their block once, in the same place.
var wrappers = map[string]wrapper{
	"timeout": {}, "retry": {}, "timestamps": {}, "ansiColor": {}, "lock": {}, "throttle": {}, "script": {}, "steps": {}, "gitStatusWrapper": {},
	"withChecks": {}, "xvnc": {}, "withGradle": {}, "withAnt": {}, "waitForBuild": {}, "milestone": {}, "skipDefaultCheckout": {}, "dockerFingerprintRun": {},
	"withDockerServer": {}, "withDockerRegistry": {}, "nodesByLabel": {}, "wait": {}, "logstash": {}, "maskPasswords": {}, "notifyEndpoints": {}, "exwsAllocate": {},
	"preserveStashes": {}, "buildDiscarder": {}, "disableConcurrentBuilds": {}, "parallelsAlwaysFailFast": {}, "skipStagesAfterUnstable": {}, "quietPeriod": {},
	"disableResume": {}, "checkoutToSubdirectory": {}, "newContainerPerStage": {}, "overrideIndexTriggers": {}, "gitLabConnection": {}, "rateLimitBuilds": {},
	"githubProjectProperty": {}, "copyArtifactPermission": {}, "durabilityHint": {}, "gitlabBuilds": {}, "office365ConnectorWebhooks": {}, "authorizationMatrix": {},
	"withFileParameter":   {names: []string{"FILE"}, needs: "the file of the run"},
	"sshagent":            {names: []string{"SSH_AUTH_SOCK", "SSH_AGENT_PID"}, needs: "the agent of the run"},
	"withKubeConfig":      {names: []string{"KUBECONFIG"}, needs: "the file of the run"},
	"withKubeCredentials": {names: []string{"KUBECONFIG"}, needs: "the file of the run"},
	"kubeconfig":          {names: []string{"KUBECONFIG"}, needs: "the file of the run"},
	"nodejs":              {names: []string{"PATH", "NODEJS_HOME", "NPM_CONFIG_USERCONFIG", "NPM_CONFIG_CACHE"}, needs: "the tool of the agent"},
	"withMaven":           {names: []string{"PATH", "M2_HOME", "MAVEN_HOME", "MAVEN_CONFIG", "MVN_CMD", "MVN_CMD_DIR", "JAVA_HOME", "JAVA_TOOL_OPTIONS"}, needs: "the tool of the agent"},
	"withSonarQubeEnv":    {names: []string{"SONAR_HOST_URL", "SONAR_AUTH_TOKEN", "SONAR_CONFIG_NAME", "SONAR_MAVEN_GOAL", "SONAR_EXTRA_PROPS", "SONARQUBE_SCANNER_PARAMS"}, needs: "the configuration of SonarQube in Jenkins"},
	"withBuildUser":       {names: []string{"BUILD_USER", "BUILD_USER_ID", "BUILD_USER_EMAIL", "BUILD_USER_FIRST_NAME", "BUILD_USER_LAST_NAME", "BUILD_USER_GROUPS"}, needs: "who started the run"},
}

// harmless are the steps that set no variable and receive none.
var harmless = []string{
	"echo", "println", "print", "printf", "sleep", "unstable", "milestone", "checkout", "git", "svn", "junit", "archiveArtifacts", "archive", "stash", "unstash",
	"deleteDir", "cleanWs", "mail", "emailext", "slackSend", "slackUploadFile", "hipchatSend", "office365ConnectorSend", "discordSend", "telegramSend", "mattermostSend",
	"publishHTML", "jacoco", "cobertura", "recordIssues", "recordCoverage", "publishCoverage", "addBadge", "addShortText", "addInfoBadge", "addErrorBadge", "fingerprint",
	"copyArtifacts", "waitForQualityGate", "githubNotify", "updateGitlabCommitStatus", "bitbucketStatusNotify", "setGitHubPullRequestStatus", "jiraSendBuildInfo",
	"jiraSendDeploymentInfo", "jiraComment", "jiraAddComment", "buildName", "buildDescription", "touch", "zip", "unzip", "tar", "untar", "writeMavenPom", "pipelineTriggers",
	"step", "publishChecks", "tm", "validateDeclarativePipeline", "input", "disableConcurrentBuilds", "buildDiscarder", "logRotator", "cucumber", "allure", "perfReport",
	"dependencyCheck", "dependencyCheckPublisher", "dependencyTrackPublisher", "scanForIssues", "publishIssues", "tasks", "nunit", "xunit", "mstest", "robot",
	"getContext", "ws", "fileOperations", "setCustomBuildProperty", "influxDbPublisher", "lastChanges", "gitPublish", "gitlabCommitStatus", "addGitLabMRComment",
	"pullRequest", "notifyBitbucket", "notifyCommit", "currentBuild", "rocketSend", "zulipSend", "googlechatnotification", "sendNotifications", "dingtalk", "skipPublishingChecks",
}

// Package gitlab reads pipelines of GitLab as GitLab and its runner do: which jobs a
// pipeline has, which variables each of them finds, and which scripts it runs.
//
// The configuration is put together in GitLab's order: the YAML of each file as Ruby's
// reader has it (012345 is 5349, and `<<` replaces what stands above it), inputs, includes,
// `extends`, !reference, and at last `default:`. The variables of a job come in GitLab's
// order of precedence, are expanded first as GitLab does and then, once, as the runner
// does; so a variable that refers to itself keeps the reference as its text, and $$ becomes
// one dollar.
//
// What this package takes for granted:
//
//   - A variable of the project, of its groups or of the instance that nobody binds does not
//     exist, if the file of the pipeline sets its name. A name that nothing sets is unknown,
//     unless files with the variables of the project are given, or keyfit runs in a job of
//     the same environment, in the pipeline that deploys: then it is absent. Within a job of
//     another environment, or of another pipeline, the variables of the process tell nothing of
//     this one.
//   - Where keyfit's own pipeline has no job that deploys, as that of a merge request, the job is
//     followed in a pipeline that has it: of keyfit's own run only what is the same in all pipelines
//     of the project counts there. The default branch is protected.
//   - A component keyfit/keyfit or keyfit/keyfit-merge-request is keyfit's own, and sets nothing.
//   - A bound text is what the job receives: references in it are not expanded again.
//   - A job that keyfit.yaml names is run, whatever its rules say of what is not known. When
//     all of its rules that let it in demand one branch, that is the branch. Manual jobs are
//     run as well.
//   - A branch or tag that is named, without what starts the pipeline, means a pipeline of
//     that branch or tag, and not one of a merge request.
//   - Images hold bash, but for those that are known to be small: there it is sh.
//   - The runner is one of Linux. What an image sets in its environment is not known, and
//     names that only an image sets count as those of nobody.
//   - A script that is here is the whole script: what is included from elsewhere adds no
//     before_script to it that changes variables which the file sets.
//   - A piece of a dotenv report that is not known lies within one line.
//   - No variable of the project is called HOME, PATH or BASH_ENV, and so on.
//   - %NAME% refers to a variable only where there is one of that name.
package gitlab

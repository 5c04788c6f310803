// Package jenkins follows Jenkins pipelines without running them.
//
// It reads the Groovy of a Jenkinsfile, declarative or scripted, as far as pipelines use the
// language, and evaluates it over texts of which each piece is known, with its trail, or
// unknown, with its reason. What it does not understand becomes unknown, never a failure.
//
// The reference tools are Groovy 2.4.21, which Jenkins runs pipelines with, and the plugins
// of Jenkins 2.5xx for the order in which variables win, from the weakest: what Jenkins
// predefines, parameters, `env.X =`, then block by block from the outside in: environment {},
// withEnv, withCredentials, tools, stages. A variable of a block is therefore not changed by
// `env.X =` within it. An empty text in withEnv or environment {} unsets the variable; in
// `env.X =` it does not. Names of variables have no case.
//
// What is taken for granted:
//
//   - A parameter that nobody gives has its default, unless it is a choice of several or true or
//     false: then it is any of them. One that is named after the environment, as ENVIRONMENT, has
//     the choice that is the environment's name. In keyfit's own pipeline, its process tells.
//   - Every step succeeds, because the deploy that matters is the one that goes on. A step
//     within try or catchError may fail.
//   - A step of a shared library, or of a plugin that keyfit does not know, may set any variable
//     of the build, as `env.X =` does, and runs its block once. Steps of vars/ of the
//     repository are followed.
//   - An expression on nothing, where Groovy would end the run, is unknown: something sets it.
//   - A stage that is asked for runs, unless its condition is certainly not met.
//   - The checkout of the job is this repository.
//   - A username with password is bound as `credentials.ID/username` and `credentials.ID/password`,
//     or as `credentials.ID` with "username:password"; one without a colon is the password.
//
// In a job of Jenkins, keyfit's own step is looked for in the Jenkinsfile that is followed: what the
// blocks around it bind tells which variable of the process is which credential. See [Bindings].
package jenkins

// Asks the real readers from npm, and Node's own, what they make of each text.
// Input: a JSON list of {text: base64, env: {NAME: value}}. Output: a JSON list of
// answers by reader: {vars} or {refused: true}. The first argument chooses the readers:
// "npm", or "parse-env" for the reader behind `node --env-file` of this very Node.
'use strict'
const fs = require('fs')
const path = require('path')
const util = require('util')

const home = path.resolve(process.argv[3] || '.', 'node_modules')
const load = name => require(path.join(home, name))
const cases = JSON.parse(fs.readFileSync(0, 'utf8'))

// guarded gives what f gives, unless it does not come to an end: then a reader replaces
// without end too.
const replace = String.prototype.replace
let replaced = 0
String.prototype.replace = function (...args) { // eslint-disable-line no-extend-native
  if (++replaced > 1200 || this.length > 2e4) throw new Error('no end')
  return replace.apply(this, args)
}

function guarded (f) {
  replaced = 0
  try {
    return { vars: Object.assign({}, f()) }
  } catch (e) {
    return { refused: true }
  }
}

function setProcessEnv (env) {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
}

function npm () {
  const readers = ['dotenv16', 'dotenv', 'dotenv18'].map(load)
  const { expand } = load('dotenv-expand')
  const next = load('@next/env')

  return ({ text, env }) => {
    replaced = 0
    const data = Buffer.from(text, 'base64')
    const parsed = readers.map(r => r.parse(data))
    for (const other of parsed) {
      if (!util.isDeepStrictEqual(other, parsed[0])) throw new Error('the versions of dotenv disagree')
    }
    const fresh = () => readers[0].parse(data)
    return {
      node: { vars: parsed[0] },
      // the environment that dotenv.config leaves
      'node loaded': guarded(() => {
        const processEnv = { ...env }
        readers[1].populate(processEnv, fresh())
        return processEnv
      }),
      'node-expand': guarded(() => expand({ parsed: fresh(), processEnv: { ...env } }).parsed),
      'node-expand populated': guarded(() => {
        const processEnv = { ...env }
        const parsed = fresh()
        readers[1].populate(processEnv, parsed)
        return expand({ parsed, processEnv }).parsed
      }),
      // the environment that dotenv.config and dotenv-expand leave
      'node-expand loaded': guarded(() => {
        const processEnv = { ...env }
        const parsed = fresh()
        readers[1].populate(processEnv, parsed)
        expand({ parsed, processEnv })
        return processEnv
      }),
      // what Vite gives: the process wins as it is
      'node-expand vite': guarded(() => ({ ...expand({ parsed: fresh(), processEnv: { ...env } }).parsed, ...env })),
      'next loaded': guarded(() => {
        // Next.js remembers the environment that it was started with
        next.updateInitialEnv(Object.fromEntries(Object.keys(process.env).map(name => [name, undefined])))
        setProcessEnv(env)
        next.updateInitialEnv(env || {})
        next.processEnv([{ path: '.env', contents: data.toString('utf8'), env: {} }], '/', { error: () => {}, info: () => {} }, true)
        const left = { ...process.env }
        delete left.__NEXT_PROCESSED_ENV
        return left
      })
    }
  }
}

function parseEnv () {
  return ({ text }) => ({ 'node-env-file': guarded(() => util.parseEnv(Buffer.from(text, 'base64').toString('utf8'))) })
}

const ask = process.argv[2] === 'npm' ? npm() : parseEnv()
fs.writeFileSync(1, JSON.stringify(cases.map(ask)))

// Names a test that hangs, and ends its file: `node --test` cuts off a whole file, without a word about the test.
//
//   node --import=./scripts/limit-each-test.mjs scripts/run-tests.mjs [filter …]
//
// A limit of the test runner's own would have to stand at each test: `--test-timeout` holds for files on Node 20 and 22,
// for each test on 24 and 26, and there a file lives on with what the test had left running.
import { afterEach, beforeEach } from 'node:test'
import { isMainThread } from 'node:worker_threads'

const LIMIT_MS = Number(process.env['MANYCORE_TEST_LIMIT'] ?? 120_000)

// The test runner, and the script that starts it, load this too.
const isTest = process.env['NODE_TEST_CONTEXT'] !== undefined && /\.test\.c?js$/.test(process.argv[1] ?? '')
if (isTest && isMainThread) watch()

function watch() {
  // The workers that tests start inherit the flags of their owner.
  const own = process.execArgv.findIndex((flag) => flag.endsWith('limit-each-test.mjs'))
  if (own >= 0) process.execArgv.splice(own, 1)
  let timer = setLimit('before its first test')
  const moveOn = (what) => {
    clearTimeout(timer)
    timer = setLimit(what)
  }
  beforeEach((test) => {
    const name = test.fullName ?? test.name
    moveOn(`in the test '${name}'`)
    // What the process table tells of a test that blocks its event loop, in one word, as a path is. Told on Node 24 and
    // 26 only: before, `node --test` itself ends the file.
    process.title = `${process.argv[1]}:${name.replaceAll(' ', '_')}`
  })
  afterEach((test) => moveOn(`after the test '${test.fullName ?? test.name}'`))
}

function setLimit(what) {
  const over = () => {
    const held = [...new Set(process.getActiveResourcesInfo())].join(', ')
    console.error(`Nothing has happened for ${LIMIT_MS} ms ${what} of ${process.argv[1]}; it is kept alive by: ${held}`)
    process.exit(1)
  }
  return setTimeout(over, LIMIT_MS).unref()
}

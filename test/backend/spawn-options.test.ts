import { deepEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inheritedEnv, inheritedFlags } from '#dist/backend/spawn-options.js'

const inherit = (...flags: string[]): string[] => inheritedFlags(flags)

describe('the flags that a worker inherits', () => {
  it('#028 keep loaders, conditions, permissions, source maps and limits', () => {
    const flags = [
      '--require',
      '/x/preflight.cjs',
      '--import',
      'file:///x/loader.mjs',
      '--loader=ts-node/esm',
      '-C',
      'development',
      '--conditions=test',
      '--enable-source-maps',
      '--permission',
      '--allow-fs-read=*',
      '--max-old-space-size=100',
    ]
    deepEqual(inherit(...flags), flags)
  })

  it('drop what names another program', () => {
    deepEqual(inherit('--no-warnings', '-e', 'console.log(1)'), ['--no-warnings'])
    deepEqual(inherit('--eval', 'code', '--print', 'code', '-pe', 'code', '--input-type', 'module'), [])
    deepEqual(inherit('--input-type=module', '--check', '-c', '-i', '--interactive', '--run', 'build'), [])
    deepEqual(inherit('-p', '--no-warnings'), ['--no-warnings'])
  })

  it('drop what belongs to the test runner and the watcher', () => {
    deepEqual(
      inherit(
        '--test',
        '--test-name-pattern',
        'a b',
        '--test-only',
        '--test-reporter=tap',
        '--experimental-test-coverage',
      ),
      [],
    )
    deepEqual(inherit('--watch', '--watch-path', './src', '--watch-preserve-output', '--no-warnings'), [
      '--no-warnings',
    ])
    deepEqual(inherit('--env-file', '.env', '--env-file-if-exists=.env.local'), [])
  })

  it('give each debugger a free port, on the same host, and wait for none', () => {
    deepEqual(inherit('--inspect'), ['--inspect=0'])
    deepEqual(inherit('--inspect=9230'), ['--inspect=0'])
    deepEqual(inherit('--inspect-brk=127.0.0.1:9230', '--inspect-port=9231'), ['--inspect=127.0.0.1:0'])
    deepEqual(inherit('--inspect-wait', '--inspect-publish-uid=http'), ['--inspect=0', '--inspect-publish-uid=http'])
  })
})

describe('the environment that a worker inherits', () => {
  it('is this one with the changes laid over it', () => {
    deepEqual(inheritedEnv({ A: '1', B: '2' }, { B: undefined, C: '3' }), { A: '1', C: '3' })
  })

  it('lacks what the test runner, the watcher and fork() tell their own children', () => {
    const env = { NODE_TEST_CONTEXT: 'child-v8', WATCH_REPORT_DEPENDENCIES: '1', NODE_CHANNEL_FD: '3', A: '1' }
    deepEqual(inheritedEnv(env), { A: '1' })
  })

  it('has NODE_OPTIONS as they are, but for debugger ports', () => {
    const options = '--require "/a folder/x.cjs" --inspect=9229 --max-old-space-size=100'
    equal(
      inheritedEnv({ NODE_OPTIONS: options })['NODE_OPTIONS'],
      '--require "/a folder/x.cjs" --inspect=0 --max-old-space-size=100',
    )
    const plain = '--require  /x.cjs'
    equal(inheritedEnv({ NODE_OPTIONS: plain })['NODE_OPTIONS'], plain)
  })
})

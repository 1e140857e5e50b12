import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import {
  ManycoreError,
  Pool,
  Process,
  Thread,
  ThreadPool,
  activeChildren,
  asCompleted,
  getContext,
  getLogger,
  getStartMethod,
  move,
  registerType,
  setExecutable,
  setStartMethod,
  shareContext,
  wait,
  zip,
} from 'manycore'

const target = (): void => {}
const nothing = Object.create(null) as object
const aborted = AbortSignal.abort()

const notTexts = [null, 5, true, {}, Symbol('text'), '']
const notNumbers = [null, '5', true, {}, Number.NaN]
const notCounts = [...notNumbers, 0, -1, 1.5, Infinity]
async function* stream(): AsyncGenerator<never> {}
const notBooleans = [null, 0, 'yes', {}]
const notFunctions = [null, 5, 'work', {}]
const notRecords = [null, 5, 'A=1', [], target, aborted, new URL('https://example.org/'), new Date()]
const notPaths = [
  ...notTexts,
  'a\0b',
  ['/'],
  new URL('https://example.org/'),
  new URL('file://host/a'),
  new URL('file:///a%2Fb'),
  new URL('file:///a%00b'),
]
const notSignals = [null, 5, {}, new EventTarget()]
const notIterables = [null, undefined, 5, true, {}, target, nothing]
const notWaits = [
  ...notRecords.filter((bad) => bad !== 5),
  { timeuot: 1 },
  ...oneOf('timeout', notNumbers),
  ...oneOf('signal', notSignals),
]

const surroundings = {
  env: [...notRecords, { A: 1 }, { A: 'a\0' }, { 'A\0': 'a' }, { 'A=B': 'a' }, { '': 'a' }],
  execArgv: [null, '--inspect', {}, [1], ['a\0'], ['-e', '1'], ['--no-warnings', '--watch'], ['--eval=1']],
  execPath: notPaths,
  cwd: notPaths,
  captures: notRecords,
  name: notTexts,
  backend: [null, 5, 'fork', 'inlined'],
}

const processOptions: Record<string, readonly unknown[]> = {
  ...surroundings,
  target: notFunctions,
  args: [null, 5, 'A', {}],
  daemon: notBooleans,
  stdio: [null, 'tty', 5, {}],
  resourceLimits: notRecords,
}

const poolOptions: Record<string, readonly unknown[]> = {
  ...surroundings,
  processes: [
    null,
    '5',
    true,
    0,
    -1,
    1.5,
    Infinity,
    [],
    aborted,
    { min: -1 },
    { max: 0 },
    { min: 2, max: 1 },
    { mx: 1 },
  ],
  initializer: notFunctions,
  initializerArgs: [null, 5, {}],
  initializerTimeout: [...notNumbers, 0, -1],
  onExit: notFunctions,
  onExitTimeout: [...notNumbers, 0, -1],
  stallTimeout: [...notNumbers, 0, -1],
  preload: [null, 'module', [5], ['./relative.js'], ['']],
  preloadErrors: [null, 'loud'],
  maxTasksPerWorker: notCounts,
  maxQueue: notCounts,
  maxMemory: notCounts,
  keepAlive: notBooleans,
  spare: notBooleans,
  resourceLimits: notRecords,
}

// A thread with so little memory would end the whole program.
const badLimits = [
  ...notRecords,
  { stackSizeMb: 0.2 },
  { maxOldGenerationSizeMb: 2 },
  { maxYoungGenerationSizeMb: 0 },
  { codeRangeSizeMb: '1' },
  { heapSizeMb: 100 },
]

const taskOptions: Record<string, readonly unknown[]> = {
  timeout: [...notNumbers, 0, -1],
  grace: notNumbers,
  signal: notSignals,
  retries: [null, '5', -1, 1.5, Number.NaN, [], { limit: -1 }, { limit: 1, backoff: -1 }, { limit: 1, on: 5 }, {}],
  priority: [...notNumbers, Infinity, nothing],
}

const mapOptions: Record<string, readonly unknown[]> = {
  ...taskOptions,
  totalTimeout: [...notNumbers, 0, -1],
  chunkSize: notCounts,
  length: [null, '5', -1, 1.5],
  onError: [null, 'ignore'],
  order: [null, 'random'],
  progress: notFunctions,
}

describe('bad input', () => {
  const pool = new Pool({ backend: 'inline', processes: 1 })
  after(() => pool.terminate())

  const waiting = new Process({ target })
  const calls: [name: string, call: (bad: never) => unknown, values: readonly unknown[]][] = [
    ...inOptions('new Process()', (options) => new Process(withTarget(options)), processOptions),
    ...inOptions('new Pool()', (options) => new Pool(options), poolOptions),
    ...inOptions('pool.apply()', (options) => pool.apply(target, [], options), {
      ...taskOptions,
      key: [null, {}, Infinity, nothing],
    }),
    ...inOptions('pool.map()', (options) => pool.map(target, [1], options), mapOptions),
    ...inOptions('pool.starmap()', (options) => pool.starmap(target, [[]], options), mapOptions),
    ...inOptions('pool.imap()', (options) => pool.imap(target, [1], options), { ...mapOptions, buffer: notCounts }),
    ...inOptions('pool.imapUnordered()', (options) => pool.imapUnordered(target, [1], options), {
      ...mapOptions,
      buffer: notCounts,
    }),
    ...inOptions('process.terminate()', (options) => waiting.terminate(options), {
      grace: notNumbers,
      tree: notBooleans,
    }),
    ...inOptions('process.kill()', (options) => waiting.kill(options), { tree: notBooleans }),
    ...inOptions('pool.close()', (options) => pool.close(options), { cancel: notBooleans }),
    ...inOptions('getStartMethod()', (options) => getStartMethod(options), { allowNone: notBooleans }),
    ...inOptions('setStartMethod()', (options) => setStartMethod('spawn', options), { force: notBooleans }),
    ['new Thread() resourceLimits', (bad) => new Thread({ target, resourceLimits: bad }), badLimits],
    ['new ThreadPool() resourceLimits', (bad) => new ThreadPool({ resourceLimits: bad }), badLimits],
    ['new Thread()', (bad) => new Thread(bad), [...notRecords, { target: 5 }, { target, backend: 'process' }]],
    ['new ThreadPool()', (bad) => new ThreadPool(bad), [...notRecords, { processes: 0 }, { backend: 'process' }]],
    ['process.daemon', (bad) => (waiting.daemon = bad), notBooleans],
    ['pool.apply()', (bad) => pool.apply(bad), notFunctions],
    ['pool.apply() args', (bad) => pool.apply(target, bad), [null, 5, 'A', {}]],
    ['pool.map()', (bad) => pool.map(bad, []), notFunctions],
    ['pool.map() items', (bad) => pool.map(target, bad), notIterables],
    ['pool.imap() items', (bad) => pool.imap(target, bad), notIterables],
    ['pool.resize()', (bad) => pool.resize(bad), poolOptions['processes'] as unknown[]],
    ['pool.measure()', (bad) => pool.measure(bad), notWaits],
    ['process.join()', (bad) => waiting.join(bad), notWaits],
    ['wait()', (bad) => wait(bad), [...notIterables, stream(), 'ab', [5], [null], [{}]]],
    ['wait() limit', (bad) => wait([], bad), [...notWaits, { mode: 'some' }, { mode: null }]],
    ['asCompleted()', (bad) => asCompleted(bad), [...notIterables, stream(), 'ab', [5], [null], [{}]]],
    ['asCompleted() limit', (bad) => asCompleted([], bad), notWaits],
    ['zip()', (bad) => zip([1], bad), notIterables],
    ['move()', (bad) => move(bad), [...notTexts, new SharedArrayBuffer(8), new ArrayBuffer(8).slice]],
    ['registerType()', (bad) => registerType(bad, { encode: target, decode: target }), [...notFunctions, target]],
    [
      'registerType() options',
      (bad) => registerType(Date, bad),
      [...notRecords, { encode: target }, { name: 5, encode: target, decode: target }],
    ],
    ['shareContext()', (bad) => shareContext(bad), notTexts],
    ['shareContext() storage', (bad) => shareContext('any', bad), [null, 5, {}, target]],
    ['getContext()', (bad) => getContext(bad), [null, 'fork', 5]],
    ['setStartMethod()', (bad) => setStartMethod(bad), [null, undefined, 'fork', 5]],
    ['setExecutable()', (bad) => setExecutable(bad), [undefined, ...notPaths]],
    ['logger.level', (bad) => (getLogger().level = bad), [null, undefined, 'loud', 5]],
    ['logger.handler', (bad) => (getLogger().handler = bad), notFunctions],
  ]
  for (const [name, call, values] of calls) {
    it(`to ${name} throws an error with a code`, async () => {
      for (const bad of values) {
        const error: unknown = await outcomeOf(() => call(bad as never))
        assert.ok(error instanceof ManycoreError, `${String(error)} for ${describeValue(bad)}`)
        assert.equal(error.code, 'MC_ARGUMENT_INVALID', describeValue(bad))
      }
    })
  }

  it('has started nothing', () => {
    assert.equal(activeChildren().length, 0)
    assert.equal(waiting.state, 'initial')
  })

  it('is told in a text that stays short', () => {
    assert.throws(
      () => new Process({ target, name: Array(1e6).fill('x') as never }),
      ({ message }: Error) => message.length < 200,
    )
    assert.throws(
      () => new Process({ target, stdio: 'x'.repeat(1e6) as never }),
      ({ message }: Error) => message.length < 300,
    )
  })
})

function withTarget(options: unknown): never {
  const known = typeof options === 'object' && options !== null && Object.keys(options).length > 0
  return (known ? { target, ...options } : options) as never
}

function oneOf(name: string, values: readonly unknown[]): object[] {
  return values.map((value) => ({ [name]: value }))
}

function inOptions(
  name: string,
  call: (options: never) => unknown,
  options: Record<string, readonly unknown[]>,
): [string, (bad: never) => unknown, readonly unknown[]][] {
  const one: [string, (bad: never) => unknown, readonly unknown[]][] = Object.entries(options).map(
    ([option, values]) => [`${name} ${option}`, (bad) => call({ [option]: bad } as never), values],
  )
  return [[`${name} options`, call, [...notRecords, { noSuchOption: 1 }]], ...one]
}

async function outcomeOf(action: () => unknown): Promise<unknown> {
  try {
    return await action()
  } catch (error) {
    return error
  }
}

function describeValue(value: unknown): string {
  return typeof value === 'object' ? `${Object.prototype.toString.call(value)} ${JSON.stringify(value)}` : String(value)
}

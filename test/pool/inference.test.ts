import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { expectTypeOf } from 'expect-type'
import {
  Pool,
  asCompleted,
  wait,
  zip,
  type MapOptions,
  type ResultStream,
  type StreamOptions,
  type Task,
} from 'manycore'

// Nothing of it runs: what the compiler takes and refuses is the test.
const pool = new Pool({ processes: 1 })
const repeat = (text: string, n: number): string => text.repeat(n)

describe('the types of Pool', () => {
  it('flow from the function to its arguments and the result of apply()', () => {
    const one = () => pool.apply(repeat, ['a', 2])
    expectTypeOf<ReturnType<typeof one>>().toEqualTypeOf<Task<string>>()
    const late = () => pool.apply(async (n: number) => await Promise.resolve([n]), [1], { timeout: 10 })
    expectTypeOf<ReturnType<typeof late>>().toEqualTypeOf<Task<number[]>>()
    const fine = [
      () => pool.apply(repeat, ['a', 2] as const),
      () => pool.apply(Math.max, [1, 2, 3]),
      () => pool.apply(Math.max),
      () => pool.apply((n = 1) => n),
      () => pool.apply((n = 1) => n, [2]),
      () => pool.apply(() => 1, [], { key: 'a', retries: 2 }),
    ]
    expectTypeOf(fine).toBeArray()
  })

  it('refuse wrong, missing and surplus arguments', () => {
    const refused = [
      // @ts-expect-error the number is missing
      () => pool.apply(repeat, ['a']),
      // @ts-expect-error all arguments are missing
      () => pool.apply(repeat),
      // @ts-expect-error a text is no number
      () => pool.apply(repeat, ['a', 'b']),
      // @ts-expect-error there are two
      () => pool.apply(repeat, ['a', 2, 3]),
      // @ts-expect-error there is no such option
      () => pool.apply(repeat, ['a', 2], { timeuot: 1 }),
      // @ts-expect-error a text is no number
      () => pool.map(Math.sqrt, ['a']),
      // @ts-expect-error what a function of two is mapped over has no second argument for it
      () => pool.map(repeat, ['a']),
      // @ts-expect-error a text is no number
      () => pool.starmap(repeat, [['a', 'b']]),
      // @ts-expect-error the number is missing
      () => pool.starmap(repeat, [['a']]),
      // @ts-expect-error there is no such backend
      () => new Pool({ backend: 'fibre' }),
    ]
    expectTypeOf(refused).toBeArray()
  })

  it('flow from items of every kind to the function and the results of maps', () => {
    const square = async (n: number) => await Promise.resolve(n * n)
    const numbers = async function* (): AsyncGenerator<number> {
      yield await Promise.resolve(1)
    }
    const all = [
      () => pool.map(square, [1, 2]),
      () => pool.map(square, [1, 2] as const),
      () => pool.map(square, new Set([1])),
      () => pool.map(square, new Float64Array(2)),
      () => pool.map(square, numbers()),
      () => pool.map(square, Readable.from([1])),
      () => pool.map((n) => n * n, [1, 2]),
      () => pool.map((n) => n * n, numbers(), { chunkSize: 2 }),
    ]
    expectTypeOf<ReturnType<(typeof all)[number]>>().toEqualTypeOf<Promise<number[]>>()
    const texts = [
      () => pool.map(String, [1, true]),
      () => pool.starmap(repeat, [['a', 2]]),
      () => pool.starmap(repeat, [['a', 2]] as const),
      () => pool.starmap(repeat, new Map([['a', 2]])),
      () => pool.starmap(repeat, zip(['a'], [2])),
      () => pool.starmap(repeat, zip(Readable.from(['a']) as AsyncIterable<string>, [2])),
      () => pool.starmap((text, n) => text.repeat(n), zip(['a'], [2])),
    ]
    expectTypeOf<ReturnType<(typeof texts)[number]>>().toEqualTypeOf<Promise<string[]>>()
  })

  it('tell streams and what is settled from results', () => {
    const settled = () => pool.map(Number, ['1'], { onError: 'settle' })
    expectTypeOf<ReturnType<typeof settled>>().toEqualTypeOf<Promise<PromiseSettledResult<number>[]>>()
    const stream = () => pool.imap(Number, ['1'], { buffer: 2, onError: 'throw' })
    expectTypeOf<ReturnType<typeof stream>>().toEqualTypeOf<ResultStream<number>>()
    const both = () => pool.imapUnordered(Number, ['1'], { onError: 'settle' })
    expectTypeOf<ReturnType<typeof both>>().toEqualTypeOf<ResultStream<PromiseSettledResult<number>>>()
    const usual = (options: Omit<MapOptions, 'onError'>) => pool.map(Number, ['1'], { ...options, onError: 'throw' })
    expectTypeOf<ReturnType<typeof usual>>().toEqualTypeOf<Promise<number[]>>()
  })

  it('tell both forms of results where the options do not tell which', () => {
    type Settled = PromiseSettledResult<number>
    const mapped = (options: MapOptions) => [
      pool.map(Number, ['1'], options),
      pool.starmap(Number, [['1']], options),
      pool.map(Number, ['1'], { onError: options.onError }),
    ]
    expectTypeOf<ReturnType<typeof mapped>[number]>().toEqualTypeOf<Promise<number[] | Settled[]>>()
    const streams = (options?: StreamOptions) => [
      pool.imap(Number, ['1'], options),
      pool.imapUnordered(Number, ['1'], options),
    ]
    expectTypeOf<ReturnType<typeof streams>[number]>().toEqualTypeOf<ResultStream<number | Settled>>()
  })

  it('keep what is waited for what it is', () => {
    const first = () => wait([pool.apply(repeat, ['a', 1])], 10)
    expectTypeOf<ReturnType<typeof first>>().toEqualTypeOf<Promise<Task<string>[]>>()
    const order = () => asCompleted([pool.apply(repeat, ['a', 1])])
    expectTypeOf<ReturnType<typeof order>>().toEqualTypeOf<AsyncIterableIterator<Task<string>, undefined>>()
  })
})

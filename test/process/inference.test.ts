import { describe, it } from 'node:test'
import { expectTypeOf } from 'expect-type'
import { Process, activeChildren, wait } from 'manycore'

describe('the types of Process', () => {
  it('flow from the target to its arguments and result', () => {
    const make = () => new Process({ target: (name: string, n: number) => name.repeat(n), args: ['a', 2] })
    expectTypeOf<ReturnType<typeof make>>().toEqualTypeOf<Process<[name: string, n: number], string>>()
    expectTypeOf<ReturnType<typeof make>['result']>().toEqualTypeOf<Promise<string>>()
  })

  it('unwrap what an async target returns', () => {
    const make = () => new Process({ target: async () => await Promise.resolve([1]) })
    expectTypeOf<ReturnType<typeof make>['result']>().toEqualTypeOf<Promise<number[]>>()
  })

  it('refuse wrong, missing and surplus arguments', () => {
    const target = (name: string): void => console.log(name)
    const refused = [
      // @ts-expect-error a number is no name
      () => new Process({ target, args: [1] }),
      // @ts-expect-error the name is missing
      () => new Process({ target }),
      // @ts-expect-error the name is missing
      () => new Process({ target, args: [] }),
      // @ts-expect-error there is one name
      () => new Process({ target, args: ['a', 'b'] }),
      // @ts-expect-error there is no such option
      () => new Process({ target, args: ['a'], tagret: 1 }),
    ]
    expectTypeOf(refused).toBeArray()
  })

  it('let optional arguments be left out', () => {
    const target = (name?: string): number => name?.length ?? 0
    const fine = [() => new Process({ target }), () => new Process({ target, args: ['a'] })]
    expectTypeOf(fine).toBeArray()
  })

  it('fit into lists of processes of any kind', () => {
    const fine = () => {
      const all: Process<never, unknown>[] = [new Process({ target: (n: number) => n, args: [1] }), ...activeChildren()]
      return wait(all)
    }
    expectTypeOf<ReturnType<typeof fine>>().toEqualTypeOf<Promise<Process<never, unknown>[]>>()
  })

  it('give a subclass the result of its run()', () => {
    class Counter extends Process<[], number> {
      override run(): number {
        return 1
      }
    }
    expectTypeOf<Counter['result']>().toEqualTypeOf<Promise<number>>()
  })
})

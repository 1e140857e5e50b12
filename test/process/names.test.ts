import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { currentProcess, parentProcess, Process } from 'manycore'
import { onEachProcessBackend } from '../support/on-backends.js'
import { runProgram } from '../support/run-program.ts'

describe('names', () => {
  it('#003 #004 number the processes in the order in which they are made, below their creator', async () => {
    const { stdout, stderr, code } = await runProgram('process/names')
    assert.equal(stderr, '')
    assert.deepEqual(JSON.parse(stdout), {
      names: ['Process-1', 'x', 'Process-3'],
      inFirst: ['Process-1:1', 'Process-1:2'],
      inSecond: ['Process-2:1', 'Process-2:2'],
      deep: 'Process-1:1:1',
    })
    assert.equal(code, 0)
  })
})

onEachProcessBackend('a name', ({ backend }) => {
  it('#005 the main process is MainProcess, a child has the name that it was given', async () => {
    assert.equal(currentProcess().name, 'MainProcess')
    const child = new Process({ backend, target: () => currentProcess().name, name: 'Ada' }).start()
    assert.equal(child.name, 'Ada')
    assert.equal(await child.result, 'Ada')
    await child.join()
  })

  it('#019 parentProcess() is null in the main process and tells of the parent in a child', async () => {
    assert.equal(parentProcess(), null)
    const child = new Process({
      backend,
      target: () => {
        const parent = parentProcess()
        return [parent?.name, parent?.pid, parent?.isAlive(), inspect(parent)]
      },
    }).start()
    assert.deepEqual(await child.result, [
      'MainProcess',
      process.pid,
      true,
      `<Process name='MainProcess' pid=${process.pid}>`,
    ])
    await child.join()
  })
})

class Greeter extends Process<[], string> {
  readonly word: string
  readonly #secret = 'kept'

  constructor(word: string, backend: 'process' | 'thread') {
    super({ backend })
    this.word = word
  }

  override run(): string {
    return `${this.word} from ${this.name}, ${this.#secret}, ${String(this.pid === process.pid)}`
  }
}

class Doubler extends Process<[number], number> {
  override async run(): Promise<number> {
    return 2 * (await super.run())
  }
}

onEachProcessBackend('a subclass that overrides run()', ({ backend }) => {
  it('#006 is named after its class and runs in the child with its fields', async () => {
    const child = new Greeter('Hello', backend)
    assert.match(child.name, /^Greeter-\d+$/)
    child.start()
    assert.equal(await child.result, `Hello from ${child.name}, kept, true`)
    await child.join()
    assert.equal(child.exitCode, 0)
    assert.match(String(child), /^<Greeter name='Greeter-\d+'/)
  })

  it('can call the target through super.run()', async () => {
    const child = new Doubler({ backend, target: (n: number) => n + 1, args: [20] }).start()
    assert.equal(await child.result, 42)
    await child.join()
  })
})

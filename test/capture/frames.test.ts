import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FramePlace, readFrame } from '#dist/capture/frames.js'
import { look } from '#dist/capture/inspector.js'

class Account {
  balance = 7

  /** As a capture does: while `arrow` is an argument of a call that is still running here. */
  peek(factor: number): ReturnType<typeof readFrame> {
    return ask(() => this.balance * factor, ['factor', 'nowhere'])
  }
}

/** Reads the frame in which the arrow was made: same script, and the arrow stands within its range. */
function ask(arrow: () => unknown, names: string[]): ReturnType<typeof readFrame> {
  const { location } = look(arrow)
  assert.ok(location)
  return readFrame(
    (frames) =>
      frames.find((frame) => frame.scriptId === location.scriptId && isAround(frame, location.lineNumber))?.index,
    names,
  )
}

function isAround({ start, end }: FramePlace, line: number): boolean {
  return start !== undefined && end !== undefined && start.lineNumber <= line && line <= end.lineNumber
}

describe('a running frame', () => {
  it('shows its this and its variables', () => {
    const account = new Account()
    const view = account.peek(3)
    assert.equal(view?.self, account)
    assert.deepEqual([...(view?.variables ?? [])], [['factor', 3]])
  })

  it('is not read when none is picked', () =>
    assert.equal(
      readFrame(() => undefined, []),
      undefined,
    ))

  it('lets an error of the choice through and leaves the Debugger off', async () => {
    assert.throws(
      () =>
        readFrame(() => {
          throw new RangeError('no choice')
        }, []),
      /no choice/,
    )
    // With the Debugger on, a second pause would find the listener gone and hang; a further read proves it is off.
    assert.equal(new Account().peek(1)?.variables.get('factor'), 1)
  })

  it('leaves no global behind', () => {
    new Account().peek(1)
    assert.deepEqual(
      Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith('manycore')),
      [],
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Attention, type Wakefulness } from '#dist/channel/attention.js'
import { message } from './message.ts'
import { pipePair } from './pairs.ts'

describe('the attention to a channel', () => {
  it('stays awake for the next message after an attempt that was of use', () => {
    const loop = new FakeLoop()
    const attention = new Attention(loop)
    let expected = 0
    while (loop.kept === 0 && expected < 1000) (attention.expect(), expected++)
    assert.ok(expected > 1, 'a first message is no reason to stay awake')
    attention.arrived()
    for (let i = 0; i < 100; i++) {
      attention.expect()
      attention.arrived()
    }
    assert.equal(loop.kept, 101)
  })

  it('gives up soon where messages come too late, and tries again now and then only', () => {
    const loop = new FakeLoop()
    const attention = new Attention(loop)
    const exchange = (times: number): number => {
      const before = loop.kept
      for (let i = 0; i < times; i++) {
        attention.expect()
        attention.arrived()
      }
      return loop.kept - before
    }
    assert.ok(exchange(1000) > 900)
    loop.awake = false
    assert.ok(exchange(10) < 10)
    const late = exchange(3200)
    assert.ok(late > 0 && late <= 60, `${late} attempts in 3,200 messages that came late`)
    loop.awake = true
    assert.ok(exchange(3000) > 1900)
  })

  it('is soon given up between an answer and the next message where that is sent late, though its answer comes soon', () => {
    const loop = new FakeLoop()
    const attention = new Attention(loop)
    for (let i = 0; i < 3000; i++) {
      loop.awake = true
      attention.arrived()
      attention.expect()
      loop.awake = false
      attention.expect()
    }
    assert.ok(loop.kept < 400, `${loop.kept} attempts in 3,000 exchanges`)
  })

  it('lets the thread fall asleep when messages stop', async () => {
    const [one, other] = await pipePair()
    other.onMessage = () => other.send(message({}))
    await new Promise<void>((resolve) => {
      let trips = 0
      one.onMessage = () => (++trips < 2000 ? one.send(message({})) : resolve())
      one.send(message({}))
    })
    // It never sleeps where the attention does not end, and comes to it on the busiest machine where it does.
    for (let idle = 0; idle < 10;) {
      const before = performance.eventLoopUtilization()
      await sleep(20)
      idle = performance.eventLoopUtilization(before).idle
    }
    one.close()
    other.close()
  })
})

class FakeLoop implements Wakefulness {
  awake = true
  kept = 0

  stayAwake(): void {
    this.kept++
  }

  isAwake(): boolean {
    return this.awake
  }
}

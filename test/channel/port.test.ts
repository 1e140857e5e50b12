import assert from 'node:assert/strict'
import { it } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import type { Channel } from '#dist/channel/channel.js'
import { Kind, type Message } from '#dist/channel/messages.js'
import { openPort } from '#dist/channel/port.js'
import { barePost } from '#dist/channel/post.js'
import { channelContract, closed } from './contract.ts'
import { message, plain } from './message.ts'

channelContract('a port', () => {
  const { port1, port2 } = new MessageChannel()
  return [openPort(port1), openPort(port2)]
})

it('a port takes what its other end posted before it had a channel', async () => {
  const { port1, port2 } = new MessageChannel()
  port2.postMessage(barePost(Kind.ready))
  const channel = openPort(port1)
  const first = await new Promise<Message>((resolve) => (channel.onMessage = resolve))
  assert.deepEqual(plain(first), plain(message({ kind: Kind.ready })))
  channel.destroy()
})

it('a port refuses a long message for which there is no memory, by itself, and goes on', async () => {
  const [one, other] = portsWithRoomFor(1_000_000)
  const tasks: number[] = []
  const all = new Promise<void>((resolve) => {
    other.onMessage = ({ task }) => {
      tasks.push(task)
      if (task === 3) resolve()
    }
  })
  one.send(message({ task: 1 }))
  for (const payload of [{ body: 'x'.repeat(2_000_000) }, { buffers: [new Uint8Array(2_000_000)] }])
    assert.throws(() => one.send(message({ task: 2, payload })), { code: 'MC_VALUE_UNSENDABLE', message: /no memory/ })
  assert.equal(one.waiting, 0)
  assert.equal(one.send(message({ task: 3 })), true)
  await all
  assert.deepEqual(tasks, [1, 3])
  one.destroy()
})

it('a port ends with an error when it carries what cannot be read', async () => {
  const { port1, port2 } = new MessageChannel()
  const channel = openPort(port1)
  const over = closed(channel)
  // As Node tells it.
  port1.emit('messageerror', new Error('no such class'))
  const error = (await over) as Error
  assert.equal((error as unknown as { code: string }).code, 'MC_CHANNEL_CORRUPT')
  assert.equal((error.cause as Error).message, 'no such class')
  port2.close()
})

it('a port ends with an error, to be told at both ends, when nothing can be posted any more', async () => {
  const [one, other] = portsWithRoomFor(0)
  const ends = [closed(one), closed(other)]
  one.send(message({ task: 1 }))
  const error = await ends[0]
  assert.equal(error?.code, 'MC_CHANNEL_CLOSED')
  assert.match(String(error?.cause), /no memory/)
  await ends[1]
  assert.equal(one.send(message({ task: 2 })), true)
})

it('a port lets the event loop turn while much has arrived at once', async () => {
  const { port1, port2 } = new MessageChannel()
  const [from, to] = [openPort(port1), openPort(port2)]
  let turns = 0
  const turn = (): void => {
    turns++
    if (taken < 500) setImmediate(turn)
  }
  let taken = 0
  const tasks: number[] = []
  const all = new Promise<void>((resolve) => {
    to.onMessage = ({ task }) => {
      if (taken++ === 0) setImmediate(turn)
      tasks.push(task)
      const untilMs = performance.now() + 0.1
      while (performance.now() < untilMs) continue
      if (taken === 500) resolve()
    }
  })
  for (let task = 0; task < 500; task++) {
    from.send(message({ task }))
    from.flush()
  }
  await all
  assert.ok(turns >= 10, `${turns} turns`)
  assert.deepEqual(
    tasks,
    Array.from({ length: 500 }, (_, task) => task),
  )
  from.close()
})

it('a port ends with an error when something else posts to it', async () => {
  for (const post of ['text', { kind: 1 }, [1, 2], [99, 0, 0, 0, 0, undefined, undefined, undefined, 40]]) {
    const { port1, port2 } = new MessageChannel()
    const end = closed(openPort(port1))
    port2.postMessage(post)
    const error = await end
    assert.equal(error?.code, 'MC_CHANNEL_CORRUPT')
    assert.match(String(error?.message), /no message: .*Did something else post to it/)
  }
})

/** A port that throws for what is longer, as Node does where it cannot copy it. */
function portsWithRoomFor(bytes: number): [Channel, Channel] {
  const { port1, port2 } = new MessageChannel()
  const post = port1.postMessage.bind(port1)
  port1.postMessage = (value: readonly unknown[], transfer?: readonly ArrayBuffer[]): void => {
    const lengths = value
      .flat()
      .map((part) => (part instanceof Uint8Array || typeof part === 'string' ? part.length : 1))
    if (lengths.some((length) => length > bytes)) throw new Error('Data cannot be cloned, no memory.')
    post(value, transfer)
  }
  return [openPort(port1), openPort(port2)]
}

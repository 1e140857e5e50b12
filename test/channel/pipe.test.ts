import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { FrameWriter } from '#dist/channel/frame-writer.js'
import type { Channel } from '#dist/channel/channel.js'
import { openPipe } from '#dist/channel/pipe.js'
import type { Message } from '#dist/channel/messages.js'
import { endWithTest } from '../support/end-with-test.ts'
import { channelContract, closed } from './contract.ts'
import { message } from './message.ts'
import { pipePair, socketPair } from './pairs.ts'

channelContract('a pipe', pipePair)

describe('a pipe', () => {
  it('closes with MC_CHANNEL_CORRUPT at the first bytes that are no message, after the messages before them', async () => {
    const [channel, raw] = await rawPair()
    const end = closed(channel)
    const read: number[] = []
    channel.onMessage = ({ task }) => read.push(task)
    raw.write(Buffer.concat([frame(message({ task: 1 })), frame(message({ task: 2 })), Buffer.alloc(64, 'text ')]))
    assert.equal((await end)?.code, 'MC_CHANNEL_CORRUPT')
    assert.deepEqual(read, [1, 2])
    assert.equal(channel.send(message({})), true)
    raw.destroy()
  })

  it('closes with MC_CHANNEL_CORRUPT when it ends in the middle of a message', async () => {
    for (const payload of [{ body: 'some text' }, { buffers: [new Uint8Array(300_000)] }]) {
      const [channel, raw] = await rawPair()
      const end = closed(channel)
      channel.onMessage = () => assert.fail('delivered')
      const bytes = frame(message({ payload }))
      raw.end(bytes.subarray(0, bytes.length - 1))
      assert.equal((await end)?.code, 'MC_CHANNEL_CORRUPT')
      raw.destroy()
    }
  })

  it('closes with MC_CHANNEL_CLOSED, once, when the other end goes away without reading', async () => {
    const [channel, raw] = await rawPair()
    const end = closed(channel)
    raw.pause()
    while (channel.send(message({ payload: { body: 'x'.repeat(50_000) } })));
    raw.destroy()
    const error = await end
    assert.equal(error?.code, 'MC_CHANNEL_CLOSED')
    assert.match(error?.message ?? '', /before it had read everything/)
    for (let i = 0; i < 100; i++) assert.equal(channel.send(message({})), true)
    await channel.drained()
  })

  it('refuses a message that is too long at the call, and carries the next', async () => {
    const [one, other] = await pipePair()
    const buffers = Array<Uint8Array>(2 ** 20 + 1).fill(new Uint8Array(0))
    assert.throws(() => one.send(message({ payload: { buffers } })), { code: 'MC_VALUE_UNSENDABLE' })
    const read = new Promise<Message>((resolve) => (other.onMessage = resolve))
    one.send(message({ task: 5 }))
    assert.equal((await read).task, 5)
    const end = closed(one)
    other.close()
    await end
  })

  for (const paused of [false, true]) {
    const how = paused ? ', also to a reader that is paused' : ''
    it(`delivers what a process sent before it was killed, while much was being sent to it${how}`, async () => {
      const { child, channel } = start('answers-and-kills-itself')
      const end = closed(channel)
      let read = 0
      channel.onMessage = ({ task }) => assert.equal(task, read++)
      if (paused) {
        channel.pause()
        void once(child, 'exit').then(() => setImmediate(() => channel.resume()))
      }
      channel.send(message({ payload: { buffers: [new Uint8Array(5_000_000)] } }))
      assert.ok(channel.waiting > 0)
      assert.equal((await end)?.code, 'MC_CHANNEL_CLOSED')
      assert.equal(read, 500)
    })
  }

  it('keeps its process alive until it ends, and has no timer', async () => {
    const { child, channel } = start('opens-a-pipe-and-has-nothing-to-do')
    const output = text(child.stdout!)
    await once(child.stdout!, 'readable')
    channel.close()
    assert.equal(await output, 'has no timer\nclosed properly\n')
  })

  it('does not keep its process alive after unref', async () => {
    const { child, channel } = start('opens-a-pipe-and-has-nothing-to-do', 'unref')
    const end = closed(channel)
    assert.equal(await text(child.stdout!), 'has no timer\n')
    assert.equal(await end, undefined)
  })
})

async function rawPair(): Promise<[Channel, Socket]> {
  const [one, other] = await socketPair()
  return [openPipe(one), other]
}

function start(fixture: string, ...args: string[]): { child: ChildProcess; channel: Channel } {
  const path = fileURLToPath(new URL(`../fixtures/channel/${fixture}.js`, import.meta.url))
  const child = endWithTest(spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] }))
  return { child, channel: openPipe(child.stdio[3] as Socket) }
}

function frame(one: Message): Buffer {
  const parts: Buffer[] = []
  const take = (bytes: Uint8Array): number => parts.push(Buffer.from(bytes))
  const writer = new FrameWriter({
    turn: (block, used) => {
      take(block.subarray(0, used))
      return block
    },
    bulk: take,
  })
  writer.write(one)
  take(writer.block.subarray(0, writer.used))
  return Buffer.concat(parts)
}

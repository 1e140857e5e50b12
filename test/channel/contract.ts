import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Channel } from '#dist/channel/channel.js'
import { Kind } from '#dist/channel/messages.js'
import type { Message } from '#dist/channel/messages.js'
import { message, plain } from './message.ts'

export type OpenPair = () => Promise<[Channel, Channel]> | [Channel, Channel]

/** What every channel does, whatever it runs over. */
export function channelContract(name: string, open: OpenPair): void {
  describe(`a channel over ${name}`, () => {
    it('delivers each message once, in order and as it was sent, both ways', async () => {
      const pair = await open()
      const sent = samples()
      for (const [from, to] of [pair, [pair[1], pair[0]]] as [Channel, Channel][]) {
        const read = collect(to, sent.length)
        for (const one of sent) from.send(one)
        assert.deepEqual(await read, sent.map(plain))
      }
      await end(pair)
    })

    it('never calls the handler from inside of a call', async () => {
      const pair = await open()
      const [one, other] = pair
      let inside = false
      const done = new Promise<void>((resolve) => {
        let left = 50
        one.onMessage = () => {
          assert.equal(inside, false)
          inside = true
          one.send(message({}))
          one.flush()
          one.pause()
          one.resume()
          inside = false
          if (--left === 0) resolve()
        }
      })
      other.onMessage = () => other.send(message({}))
      one.send(message({}))
      await done
      await end(pair)
    })

    it('does not show what was changed after send', async () => {
      const pair = await open()
      const [one, other] = pair
      const sizes = [10, 40_000, 300_000, 6_000_000]
      const buffers = sizes.map((size) => new Uint8Array(size).fill(1))
      const got = next(other)
      one.send(message({ payload: { buffers } }))
      for (const buffer of buffers) buffer.fill(2)
      const { payload } = await got
      assert.deepEqual(
        payload?.buffers.map((buffer) => buffer.length),
        sizes,
      )
      for (const buffer of payload?.buffers ?? [])
        assert.equal(
          buffer.findIndex((byte) => byte !== 1),
          -1,
        )
      await end(pair)
    })

    it('takes buffers that were moved, and gives each receiver memory of its own', async () => {
      const pair = await open()
      const [one, other] = pair
      const moved = new Uint8Array(500_000).fill(3)
      const view = new Uint8Array(100_000).fill(4).subarray(10, 50_000)
      const got = next(other)
      one.send(message({ payload: { body: new Uint8Array([9]), buffers: [moved, view], moved: new Set([moved]) } }))
      const buffers = (await got).payload?.buffers ?? []
      assert.deepEqual(
        buffers.map((buffer) => [buffer.length, buffer[0], buffer.at(-1)]),
        [
          [500_000, 3, 3],
          [49_990, 4, 4],
        ],
      )
      for (const buffer of buffers) assert.equal(buffer.buffer.byteLength, buffer.length)
      assert.notEqual(buffers[0]?.buffer, buffers[1]?.buffer)
      await end(pair)
    })

    it('can send one payload to several others', async () => {
      const pairs = [await open(), await open()]
      const payload = { tag: 3, body: new Uint8Array(200_000).fill(7), buffers: [new Uint8Array(50_000).fill(8)] }
      const got = pairs.map(([, other]) => next(other))
      for (const [one] of pairs) one.send(message({ payload }))
      for (const one of await Promise.all(got)) assert.deepEqual(plain(one), plain(message({ payload })))
      for (const pair of pairs) await end(pair)
    })

    it('bounds the sender while the receiver is paused, and goes on when it resumes', async () => {
      const pair = await open()
      const [one, other] = pair
      other.pause()
      let sent = 0
      let received = 0
      other.onMessage = ({ task }) => assert.equal(task, received++)
      while (one.send(message({ task: sent++, payload: { body: 'x'.repeat(20_000) } }))) {
        assert.ok(sent < 1000, 'send never answered false')
        await turn()
      }
      let drained = false
      const wait = one.drained().then(() => (drained = true))
      for (let i = 0; i < 20; i++) await turn()
      assert.equal(drained, false)
      assert.equal(received, 0)
      other.resume()
      await wait
      await one.emptied()
      assert.equal(one.waiting, 0)
      one.close()
      await closed(other)
      assert.equal(received, sent)
    })

    it('stops at once when paused by the handler, and loses nothing', async () => {
      const pair = await open()
      const [one, other] = pair
      const total = 300
      let received = 0
      let resumed = true
      const done = new Promise<void>((resolve) => {
        other.onMessage = ({ task }) => {
          assert.equal(resumed, true, 'delivered while paused')
          assert.equal(task, received++)
          if (received === total) resolve()
          else if (received % 7 === 0) {
            resumed = false
            other.pause()
            setImmediate(() => {
              resumed = true
              other.resume()
            })
          }
        }
      })
      for (let task = 0; task < total; task++) {
        const buffers = task % 10 === 0 ? [new Uint8Array(90_000)] : []
        one.send(message({ task, payload: { body: 'y'.repeat((task * 997) % 5000), buffers } }))
      }
      await done
      await end(pair)
    })

    it('delivers everything before it closes, to both ends, each told once and without error', async () => {
      const pair = await open()
      const [one, other] = pair
      const ends = [closed(one), closed(other)]
      let read = 0
      let answered = 0
      other.onMessage = () => {
        read++
        other.send(message({ payload: { body: 'answer' } }))
      }
      one.onMessage = () => answered++
      for (let i = 0; i < 100; i++) one.send(message({ payload: { body: new Uint8Array(9000) } }))
      one.close()
      one.close()
      one.send(message({}))
      assert.deepEqual(await Promise.all(ends), [undefined, undefined])
      assert.deepEqual([read, answered], [100, 100])
      assert.equal(one.send(message({})), true)
      other.close()
      one.destroy()
      for (let i = 0; i < 5; i++) await turn()
    })

    it('delivers everything when both ends close at the same time', async () => {
      const pair = await open()
      const ends = pair.map(closed)
      const read = [0, 0]
      pair.forEach((channel, i) => {
        channel.onMessage = () => read[i]!++
        for (let n = 0; n < 20; n++) channel.send(message({ payload: { body: 'z'.repeat(30_000) } }))
        channel.close()
      })
      assert.deepEqual(await Promise.all(ends), [undefined, undefined])
      assert.deepEqual(read, [20, 20])
    })

    it('ends at once when destroyed, tells both ends once, and lets nobody wait', async () => {
      const pair = await open()
      const [one, other] = pair
      const ends = [closed(one), closed(other)]
      other.pause()
      while (one.send(message({ payload: { body: 'x'.repeat(50_000) } })));
      const waits = [one.drained(), one.emptied()]
      one.destroy()
      one.destroy()
      await Promise.all(waits)
      assert.equal(await ends[0], undefined)
      other.resume()
      await ends[1]
      await Promise.all([one.drained(), other.drained(), other.emptied()])
      assert.equal(one.send(message({})), true)
    })

    it('lets a sender that waits go when the other end is destroyed', async () => {
      const [one, other] = await open()
      const ends = [closed(one), closed(other)]
      other.pause()
      while (one.send(message({ payload: { body: 'x'.repeat(50_000) } })));
      const wait = one.drained()
      other.destroy()
      await wait
      await Promise.all(ends)
    })

    it('ends when a handler throws, with what it threw as the cause', async () => {
      const [one, other] = await open()
      const ends = [closed(one), closed(other)]
      const thrown = new Error('handler')
      let calls = 0
      other.onMessage = () => {
        calls++
        throw thrown
      }
      one.send(message({}))
      one.send(message({}))
      const [, error] = await Promise.all(ends)
      assert.equal(error?.code, 'MC_CHANNEL_CLOSED')
      assert.equal(error?.cause, thrown)
      assert.equal(calls, 1)
    })

    it('leaves no descriptor, listener or timer behind after 1,000 times open and close', async () => {
      await end(await open())
      const before = openDescriptors()
      const resources = process.getActiveResourcesInfo().length
      for (let i = 0; i < 1000; i++) {
        const pair = await open()
        pair[0].send(message({ payload: { body: 'hello' } }))
        if (i % 3 === 0) pair[1].destroy()
        await end(pair)
      }
      for (let i = 0; i < 5; i++) await turn()
      assert.ok(openDescriptors() <= before + 2, `${before} descriptors before, ${openDescriptors()} after`)
      assert.ok(process.getActiveResourcesInfo().length <= resources + 2, process.getActiveResourcesInfo().join(' '))
    })
  })
}

/** Resolves when the channel has told that it is closed; a second telling throws. */
export function closed(channel: Channel): Promise<{ code?: string; cause?: unknown; message: string } | undefined> {
  return new Promise((resolve) => {
    let told = false
    channel.onClose = (error) => {
      assert.equal(told, false, 'closed twice')
      told = true
      resolve(error)
    }
  })
}

function next(channel: Channel): Promise<Message> {
  return new Promise((resolve) => {
    channel.onMessage = resolve
  })
}

async function end(pair: readonly [Channel, Channel]): Promise<void> {
  const ends = pair.map(closed)
  pair[0].close()
  await Promise.all(ends)
}

function collect(channel: Channel, count: number): Promise<unknown[]> {
  const read: unknown[] = []
  return new Promise((resolve) => {
    channel.onMessage = (one) => {
      read.push(plain(one))
      if (read.length === count) resolve(read)
    }
  })
}

function samples(): Message[] {
  return [
    message({ kind: Kind.ready }),
    { kind: Kind.items, task: 2 ** 53 - 1, fn: 2 ** 40, index: 2 ** 45, count: 2 ** 32 - 1, payload: undefined },
    message({ payload: { tag: 255, body: '{"a":[1,2,"é𝄞"]}' } }),
    message({ payload: { body: '' } }),
    message({ payload: { body: new Uint8Array(0) } }),
    message({ payload: { body: new Uint8Array([0, 255, 1]) } }),
    message({ payload: { body: new Uint8Array(100).subarray(20, 30) } }),
    message({ payload: { body: Buffer.from('a view of a pool') } }),
    message({ payload: { body: new Uint8Array(70_000).fill(5) } }),
    message({ payload: { body: 'long '.repeat(60_000) } }),
    message({ payload: { body: 'länger '.repeat(60_000) } }),
    message({
      payload: { body: 'b', buffers: [new Uint8Array(0), new Uint8Array(70_000).fill(6), new Uint8Array(3)] },
    }),
    message({
      payload: { body: 'many', buffers: Array.from({ length: 9000 }, (_, i) => new Uint8Array(i % 5).fill(i)) },
    }),
    ...Array.from({ length: 2000 }, (_, task) => message({ task, payload: { body: JSON.stringify([task]) } })),
  ]
}

function openDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { Kind, type Message } from '#dist/channel/messages.js'
import { openPort } from '#dist/channel/port.js'
import { barePost } from '#dist/channel/post.js'
import { channelContract } from './contract.ts'
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

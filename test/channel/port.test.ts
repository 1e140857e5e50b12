import { MessageChannel } from 'node:worker_threads'
import { openPort } from '#dist/channel/port.js'
import { channelContract } from './contract.ts'

channelContract('a port', () => {
  const { port1, port2 } = new MessageChannel()
  return [openPort(port1), openPort(port2)]
})

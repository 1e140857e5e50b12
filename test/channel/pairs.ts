import { mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Channel } from '#dist/channel/channel.js'
import { openPipe } from '#dist/channel/pipe.js'

/** Two ends of a Unix socket within this process, which behave as the socketpair between an owner and its worker. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const folder = mkdtempSync(join(tmpdir(), 'manycore-pair-'))
  const server = createServer()
  server.listen(join(folder, 'socket'))
  await once(server, 'listening')
  const one = createConnection(join(folder, 'socket'))
  const [[other]] = (await Promise.all([once(server, 'connection'), once(one, 'connect')])) as [[Socket], unknown]
  server.close()
  rmSync(folder, { recursive: true })
  return [one, other]
}

export async function pipePair(): Promise<[Channel, Channel]> {
  const [one, other] = await socketPair()
  return [openPipe(one), openPipe(other)]
}

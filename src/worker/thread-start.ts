import { openPort } from '../channel/port.ts'
import { threadData } from '../channel/thread-data.ts'
import { sayReady, sayThatItPrints, start, type Load } from './start.ts'
import { sendOutput } from './thread-output.ts'

/** Makes this thread a worker. `isReady` when its owner has been told already. */
export function startThread(load: Load, isReady: boolean): void {
  const { channel, output, unread, journal, ownEnd, env } = threadData()
  process.on('exit', () => Atomics.store(new Int32Array(ownEnd), 0, 1))
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  const home = { channel: openPort(channel), place: `thread of process ${process.pid}`, sharesMemory: true, journal }
  sendOutput(output, unread, () => sayThatItPrints(home.channel))
  if (!isReady) sayReady(home.channel)
  start(home, load, {
    write: (text) => void process.stderr.write(text),
    // Node prints it for a process only.
    end: () => {},
  })
}

import { openPort, threadData } from '../channel/port.ts'
import { sayReady, sayThatItPrints, start, type Load } from './start.ts'
import { sendOutput } from './thread-output.ts'

/** Makes this thread a worker. */
export function startThread(load: Load): void {
  const { channel, output, unread, journal, env } = threadData()
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  const home = { channel: openPort(channel), place: `thread of process ${process.pid}`, sharesMemory: true, journal }
  sendOutput(output, unread, () => sayThatItPrints(home.channel))
  sayReady(home.channel)
  start(home, load, {
    write: (text) => void process.stderr.write(text),
    // Node prints it for a process only.
    end: () => {},
  })
}

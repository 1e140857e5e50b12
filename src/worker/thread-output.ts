import type { MessagePort } from 'node:worker_threads'

/** So much may be on its way before the thread waits: about what a pipe of the system holds. */
const MOST_UNREAD_BYTES = 64 * 1024

/**
 * Gives this thread a stdout and a stderr that leave at once. Node's own wait for the owner's event loop after the first
 * write, so that `process.exit()` and a crash lose the rest, and what a busy thread prints fills its memory
 * (https://nodejs.org/api/process.html#a-note-on-process-io). `unread` counts bytes; the owner counts them down.
 * `onFirst` is called before the first stream is made.
 */
export function sendOutput(port: MessagePort, unread: SharedArrayBuffer, onFirst: () => void): void {
  const count = new Int32Array(unread)
  const post = (which: 0 | 1, chunk: Uint8Array): void => {
    // A copy, because a Buffer may be a piece of a larger memory, which is cloned as a whole.
    const bytes = new Uint8Array(chunk)
    // Once it is given away it has no length any more.
    const { length } = bytes
    port.postMessage([which, bytes], [bytes.buffer])
    let held = Atomics.add(count, 0, length) + length
    while (held > MOST_UNREAD_BYTES) {
      Atomics.wait(count, 0, held)
      held = Atomics.load(count, 0)
    }
  }
  let used = false
  for (const [which, name] of [[0, 'stdout'] as const, [1, 'stderr'] as const]) {
    let stream: NodeJS.WritableStream | undefined
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get() {
        if (stream !== undefined) return stream
        if (!used) onFirst()
        used = true
        return (stream = streamTo((chunk) => post(which, chunk)))
      },
    })
  }
}

function streamTo(post: (chunk: Uint8Array) => void): NodeJS.WritableStream {
  const { Writable } = process.getBuiltinModule('node:stream')
  return new Writable({
    decodeStrings: true,
    write(chunk: Uint8Array, _encoding, done) {
      post(chunk)
      done()
    },
  })
}

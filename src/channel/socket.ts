import type { Socket, SocketConstructorOpts } from 'node:net'
import { platform } from '../base/environment.ts'
import { otherRuntime } from '../base/runtime.ts'

/**
 * A socket that reads straight into our memory: `target` gives it, after each read for the next one, and nothing
 * when it stays the same. Such reading can only be chosen when a Socket is made, but `spawn` makes the sockets of its
 * pipes itself; so a new one takes over the handle of such a socket. Where handles are not as in Node, `chunk` gets
 * what the socket reads in its own way: Deno 2.9 takes the option `onread` and never calls it, Bun 1.4 has no handles.
 */
export function adoptSocket(
  end: number | Socket,
  target: () => Uint8Array | undefined,
  received: (bytes: number) => void,
  chunk: (bytes: Uint8Array) => void,
): Socket {
  const onread = {
    // Asked for the first time when the socket is made, then after each read.
    buffer: target as () => Uint8Array,
    callback: (bytes: number): boolean => {
      received(bytes)
      return true
    },
  }
  const options = { allowHalfOpen: true, onread }
  if (typeof end === 'number') {
    const runtime = otherRuntime()
    if (runtime === undefined) return makeSocket({ fd: end, ...options } as SocketConstructorOpts)
    const socket = runtime === 'Bun' ? connectTo(end) : makeSocket({ fd: end, allowHalfOpen: true })
    socket.on('data', chunk)
    return socket
  }
  const owner = end as unknown as Handled
  const handle = owner._handle
  if (handle?.useUserBuffer === undefined) {
    end.on('data', chunk)
    return end
  }
  owner._handle = null
  end.destroy()
  return makeSocket({ handle, ...options } as SocketConstructorOpts)
}

/** The number for synchronous writes, or -1 where there is none. */
export function descriptorOf(socket: Socket): number {
  if (platform().isWindows || otherRuntime() !== undefined) return -1
  return (socket as unknown as Handled)._handle?.fd ?? -1
}

/** Bytes that were given to the socket and that the system has not taken yet. */
export function queuedIn(socket: Socket): number {
  return (socket as unknown as Handled)._handle?.writeQueueSize ?? 0
}

// Loaded with the first socket, so that a program that imports manycore and starts nothing does not load it.
function makeSocket(options: SocketConstructorOpts): Socket {
  const { Socket } = process.getBuiltinModule('node:net')
  return new Socket(options)
}

// The sockets that Bun 1.4 makes of a descriptor are closed from the start, unless they are "connected" to it.
function connectTo(fd: number): Socket {
  const { connect } = process.getBuiltinModule('node:net')
  return connect({ fd, allowHalfOpen: true } as unknown as Parameters<typeof connect>[0] & object)
}

interface Handled {
  _handle: Handle | null | undefined
}

interface Handle {
  readonly fd?: number
  readonly writeQueueSize?: number
  readonly useUserBuffer?: unknown
}

/**
 * Makes stdout and stderr wait until the owner's end of the pipe has taken what is written. Node writes to pipes
 * asynchronously, so that `process.exit()` and a crash lose what did not fit (https://github.com/nodejs/node/issues/784);
 * and a worker that prints faster than its owner reads would fill its memory. A stream that is never used is never made;
 * `onFirst` is called before the first one is.
 */
export function makeOutputReliable(onFirst: () => void): void {
  let used = false
  for (const name of ['stdout', 'stderr'] as const) {
    const own = Object.getOwnPropertyDescriptor(process, name)
    const get = own?.get
    if (own === undefined || get === undefined) continue
    let stream: NodeJS.WriteStream | undefined
    Object.defineProperty(process, name, {
      ...own,
      get() {
        if (stream === undefined) {
          if (!used) onFirst()
          used = true
          stream = get.call(process) as NodeJS.WriteStream
          // Must come before the first write: a blocking stream may not have anything queued.
          ;(stream as unknown as Handled)._handle?.setBlocking?.(true)
        }
        return stream
      },
    })
  }
}

interface Handled {
  readonly _handle?: { setBlocking?(on: boolean): number } | null
}

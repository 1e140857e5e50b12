/** This process's own stdout or stderr, shared by all of its workers. When it is closed, what is written is dropped. */
export class OwnStream {
  readonly #name: 'stdout' | 'stderr'
  #waiting: (() => void)[] = []

  constructor(name: 'stdout' | 'stderr') {
    this.#name = name
  }

  write(bytes: Buffer): boolean {
    const stream = process[this.#name]
    if (stream.destroyed || stream.writableEnded) return true
    try {
      // As console.log does it: an error of this write (EPIPE) is nobody's, unless somebody listens for errors.
      if (stream.listenerCount('error') > 0) return stream.write(bytes)
      stream.once('error', ignore)
      return stream.write(bytes, (error) => {
        if (error && !stream.listenerCount('error')) stream.once('error', ignore)
      })
    } catch {
      return true
    } finally {
      stream.removeListener('error', ignore)
    }
  }

  drained(goOn: () => void): void {
    this.#waiting.push(goOn)
    if (this.#waiting.length > 1) return
    const stream = process[this.#name]
    const wake = (): void => {
      stream.removeListener('drain', wake)
      stream.removeListener('close', wake)
      for (const waiting of this.#waiting.splice(0)) waiting()
    }
    stream.on('drain', wake)
    stream.on('close', wake)
  }
}

export const ownStdout: OwnStream = new OwnStream('stdout')
export const ownStderr: OwnStream = new OwnStream('stderr')

function ignore(): void {}

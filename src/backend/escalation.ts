/**
 * What is done about a worker that does not end when it is asked to: SIGTERM after a while, SIGKILL after another.
 * Always armed, because a handler in JavaScript never runs while the worker is busy.
 */
export class Escalation {
  #timer: NodeJS.Timeout | undefined
  #over = false

  begin(graceMs: number, send: (signal: 'SIGTERM' | 'SIGKILL') => void): void {
    if (this.#over) return
    this.#timer = setTimeout(() => {
      send('SIGTERM')
      this.#timer = setTimeout(() => send('SIGKILL'), graceMs)
    }, graceMs)
  }

  end(): void {
    this.#over = true
    clearTimeout(this.#timer)
  }
}

let chosen: string | undefined

/** Sets the Node that workers are started with where their own options name none. */
export function setChildExecPath(path: string): void {
  chosen = path
}

export function childExecPath(): string {
  return chosen ?? process.execPath
}

/** The parts of `capture` that a marshal uses. The owner's side has them at once, a worker's loads them when needed. */
export interface Rooms {
  readonly capture: CaptureGraph | undefined
  readonly rebuild: RebuildGraph | undefined
  readonly mapStack: MapStack | undefined
  /** Loads what is missing. */
  loadCapture(): Promise<void>
  loadRebuild(): Promise<void>
}

export type CaptureGraph = (value: unknown, options: GraphOptions & { label: string }) => unknown
export type RebuildGraph = (graph: unknown, options: GraphOptions) => unknown
export type MapStack = (stack: string) => string

export interface GraphOptions {
  /** One object per peer, for both directions: a class that is sent twice is one class. */
  readonly peer?: object | undefined
  readonly special?: (value: object) => { id: string; data: unknown } | undefined
  readonly revive?: (id: string, data: unknown) => unknown
}

import { captureGraph } from '../capture/capture.ts'
import type { Graph } from '../capture/graph.ts'
import type { CaptureGraph } from './rooms.ts'

export const capture: CaptureGraph = (value, options): Graph => captureGraph(value, options)

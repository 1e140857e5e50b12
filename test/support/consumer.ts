import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface Outcome {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** Somebody else's project: an empty folder outside this one, with the packed package installed from its tarball. */
export class Consumer {
  readonly folder: string
  /** Paths within the tarball. */
  readonly packed: readonly string[]

  static async create(): Promise<Consumer> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'consumer-'))
    const packed = await pack(root, folder)
    const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
    const project = { private: true, type: 'module', name: 'consumer', version: '1.0.0' }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(project))
    const install = await npm(['install', '--offline', ...tarballs.map((name) => `./${name}`)], folder)
    if (install.code !== 0) throw new Error(`npm install failed:\n${install.stdout}${install.stderr}`)
    for (const name of ['@types/node', 'undici-types']) copyPackage(name, folder)
    return new Consumer(folder, packed)
  }

  constructor(folder: string, packed: readonly string[]) {
    this.folder = folder
    this.packed = packed
  }

  write(name: string, text: string): void {
    const file = join(this.folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  /** Runs `node` (or another binary) in the folder. */
  run(args: readonly string[], binary: string = process.execPath): Promise<Outcome> {
    return run(binary, args, this.folder)
  }

  /** Compiles one folder of the project; the compiler's complaints, or an empty text. */
  async compile(name: string, compilerOptions: object): Promise<string> {
    this.write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions: { ...compilerOptions, noEmit: true } }))
    const { stdout } = await this.run([join(root, 'node_modules/typescript/bin/tsc'), '-p', name, '--pretty', 'false'])
    return stdout
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function pack(folder: string, destination: string): Promise<string[]> {
  const { code, stdout, stderr } = await npm(['pack', '--ignore-scripts', '--json', folder], destination)
  if (code !== 0) throw new Error(`npm pack ${basename(folder)} failed:\n${stderr}`)
  // A list, or (npm 12) an object by package name.
  const [result] = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>)
  return (result?.files ?? []).map(({ path }) => path)
}

function copyPackage(name: string, folder: string): void {
  cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true })
}

function npm(args: readonly string[], cwd: string): Promise<Outcome> {
  const cli = process.env['npm_execpath']
  const flags = ['--no-audit', '--no-fund', '--loglevel=error']
  if (cli?.endsWith('npm-cli.js') === true) return run(process.execPath, [cli, ...args, ...flags], cwd)
  return run('npm', [...args, ...flags], cwd, process.platform === 'win32')
}

function run(file: string, args: readonly string[], cwd: string, shell = false): Promise<Outcome> {
  const env = { ...process.env }
  // Coverage is about the sources of this project, not about a copy of them elsewhere.
  delete env['NODE_V8_COVERAGE']
  delete env['NODE_TEST_CONTEXT']
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, shell, timeout: 60_000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.signal ?? error.code ?? 1), stdout, stderr })
    })
  })
}

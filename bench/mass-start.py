"""Python's start methods, for bench/mass-start.ts: one result, many at once, and the private memory of a resting child."""
import json, multiprocessing, statistics, sys, time


def double(n, queue):
    queue.put(n * 2)


def rest(queue):
    queue.put(None)
    time.sleep(60)


def run(context, count):
    begin = time.perf_counter()
    queue = context.SimpleQueue()
    children = [context.Process(target=double, args=(n, queue)) for n in range(count)]
    for child in children:
        child.start()
    for _ in children:
        queue.get()
    elapsed = (time.perf_counter() - begin) * 1000
    for child in children:
        child.join()
    return elapsed


def private_mib(context):
    queue = context.SimpleQueue()
    child = context.Process(target=rest, args=(queue,))
    child.start()
    queue.get()
    time.sleep(0.3)
    try:
        with open(f'/proc/{child.pid}/smaps_rollup') as file:
            return sum(int(line.split()[1]) for line in file if line.startswith('Private_')) / 1024
    except OSError:
        return None
    finally:
        child.kill()
        child.join()


if __name__ == '__main__':
    rounds, many, many_rounds = (int(text) for text in sys.argv[1:])
    rows = {}
    for method in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context(method)
        run(context, 1)
        rows[method] = {
            'one': statistics.median(run(context, 1) for _ in range(rounds)),
            'many': statistics.median(run(context, many) for _ in range(many_rounds)),
            'memory': private_mib(context),
        }
    print(json.dumps({'version': sys.version.split()[0], 'rows': rows}))

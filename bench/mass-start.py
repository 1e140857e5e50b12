"""Python's three start methods, for bench/mass-start.ts: one result, and many at once."""
import multiprocessing, statistics, sys, time


def double(n, queue):
    queue.put(n * 2)


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


if __name__ == '__main__':
    rounds, many = int(sys.argv[1]), int(sys.argv[2])
    print(f'Python {sys.version.split()[0]}, ms: one, {many} at once')
    for method in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context(method)
        run(context, 1)
        one = statistics.median(run(context, 1) for _ in range(rounds))
        print(f'  {method:42} {one:8.1f} {run(context, many):8.1f}')

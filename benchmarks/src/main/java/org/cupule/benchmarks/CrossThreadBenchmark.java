package org.cupule.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Goal 9: a request that crosses to another thread and back, blocking on both sides. Run it on one CPU
 * ({@code taskset -c 0}): where a wake lands on an idle CPU, the machine's idle states are measured instead.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class CrossThreadBenchmark {
    private CrossThread direct;
    private CrossThread queued;
    private PingPong platform;

    /** Makes a VM in each mode, and a pair of threads to compare with. */
    @Setup
    public void create() {
        direct = new CrossThread(false);
        queued = new CrossThread(true);
        platform = new PingPong();
    }

    /** Ends all. */
    @TearDown
    public void destroy() {
        direct.close();
        queued.close();
        platform.stop();
    }

    /** Direct mode, a client with a thread of its own. */
    @Benchmark
    public long threadedClient() {
        return direct.read();
    }

    /** Queued mode, an inline client on the VM's dispatcher. */
    @Benchmark
    public long queuedInlineClient() {
        return queued.read();
    }

    /** Two platform threads that park: what the JVM makes of a futex. */
    @Benchmark
    public int platformThreads() {
        return platform.round();
    }

    /** Two threads that wake each other by turns. */
    private static final class PingPong {
        private final Thread other = new Thread(this::run, "pong");
        private volatile int ball;
        private volatile Thread caller;
        private volatile boolean stopping;

        PingPong() {
            other.start();
        }

        int round() {
            caller = Thread.currentThread();
            int next = ball + 2;
            ball = next - 1;
            LockSupport.unpark(other);
            while (ball != next) {
                LockSupport.park(this);
            }
            return next;
        }

        private void run() {
            while (!stopping) {
                int now = ball;
                if ((now & 1) == 0) {
                    LockSupport.park(this);
                } else {
                    ball = now + 1;
                    LockSupport.unpark(caller);
                }
            }
        }

        void stop() {
            stopping = true;
            LockSupport.unpark(other);
        }
    }
}

package org.cupule.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Goal 5: what a guest's port read costs, from its instruction to a device and back. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class GuestExitBenchmark {
    private static final int READS = 200_000;

    private GuestLoop loop;

    /** Makes the guest. */
    @Setup
    public void create() {
        loop = new GuestLoop();
    }

    /** Destroys it. */
    @TearDown
    public void destroy() {
        loop.close();
    }

    /** Reads a port from a loop of three instructions. */
    @Benchmark
    @OperationsPerInvocation(READS)
    public long portRead() {
        return loop.run(READS);
    }
}

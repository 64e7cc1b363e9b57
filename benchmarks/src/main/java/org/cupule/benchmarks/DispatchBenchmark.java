package org.cupule.benchmarks;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Goals 6, 7 and 8: what one I/O request costs on the vCPU's own thread, from the filled slot to the taken answer,
 * beside the cheapest system call.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class DispatchBenchmark {
    private static final MethodHandle GETPPID = getppid();

    /** How many ranges the VM has, each of a client of its own. */
    @Param({"8", "10000"})
    public int ranges;

    private Dispatch dispatch;

    // SAFETY: getppid has no arguments and returns an int.
    @SuppressWarnings("restricted")
    private static MethodHandle getppid() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow("getppid"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT), Linker.Option.critical(false));
    }

    /** Makes a VM with its clients. */
    @Setup
    public void create() {
        dispatch = new Dispatch(ranges);
    }

    /** Destroys the VM. */
    @TearDown
    public void destroy() {
        dispatch.close();
    }

    /** One device again and again: what a guest in a driver's loop does. */
    @Benchmark
    public long sameDevice() {
        return dispatch.sameDevice();
    }

    /** Another device each time: the remembered interval never helps. */
    @Benchmark
    public long otherDevice() {
        return dispatch.otherDevice();
    }

    /** Nobody's address: the default client's answer. */
    @Benchmark
    public long unclaimed() {
        return dispatch.unclaimed();
    }

    /** A PCI configuration read: latch, then data port; two requests. */
    @Benchmark
    public long pciConfiguration() {
        return dispatch.pciConfiguration();
    }

    /** The yardstick of goal 6. */
    @Benchmark
    public int getppidSystemCall() throws Throwable {
        return (int) GETPPID.invokeExact();
    }
}

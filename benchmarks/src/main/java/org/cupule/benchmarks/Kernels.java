package org.cupule.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The guest {@code kernels}: seven integer loops, each of which prints a line when it is done. Time is the host's,
 * between the lines; a simulator's own clock may follow its instruction count.
 */
final class Kernels {
    private static final int COUNT = 7;

    private Kernels() {
    }

    /** Runs the guest's rounds on the simulated hypervisor. @return seconds of each kernel in the last round */
    static double[] ours(Path launcher, Path guests, int rounds) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return last(rounds, new ProcessBuilder(java, "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-jar", launcher.toString(), "run",
                image(guests), "--append", "rounds=" + rounds, "--timeout", "300s"));
    }

    /** Runs one round under Bochs. @return seconds of each kernel */
    static double[] bochs(Path guests) throws IOException {
        return last(1, new ProcessBuilder(guests.resolve("bootdisk/bochs").toString(), image(guests), "100"));
    }

    /** Runs the guest's rounds under QEMU's TCG. @return seconds of each kernel in the last round */
    static double[] qemu(Path guests, int rounds) throws IOException {
        return last(rounds, new ProcessBuilder("qemu-system-x86_64", "-accel", "tcg", "-display", "none", "-serial",
                "stdio", "-nodefaults", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", image(guests),
                "-append", "rounds=" + rounds));
    }

    private static String image(Path guests) {
        return guests.resolve("kernels/bin/kernels.bin").toString();
    }

    private static double[] last(int rounds, ProcessBuilder command) throws IOException {
        Process process = command.redirectErrorStream(true).start();
        try (BufferedReader lines = process.inputReader()) {
            List<Long> times = new ArrayList<>();
            List<String> output = new ArrayList<>();
            for (String line; times.size() <= rounds * COUNT && (line = lines.readLine()) != null;) {
                output.add(line);
                if (line.startsWith("kernel")) {
                    times.add(System.nanoTime());
                }
            }
            if (times.size() <= rounds * COUNT) {
                throw new IllegalStateException(command.command() + " did not end its kernels: " + output);
            }
            double[] seconds = new double[COUNT];
            for (int i = 0, at = times.size() - COUNT; i < COUNT; i++, at++) {
                seconds[i] = (times.get(at) - times.get(at - 1)) / 1e9;
            }
            return seconds;
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }

    /** {@return the geometric mean of a run's kernels, in nanoseconds} */
    static double nanos(double[] seconds) {
        return 1e9 * Math.exp(Arrays.stream(seconds).map(Math::log).average().orElseThrow());
    }
}

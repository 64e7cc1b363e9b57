package org.cupule.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Goals 1, 3, 4, 5, 6, 7, 9, 10, 11 and 13 as ratios: both sides in one run, by turns, and the median of the rounds.
 * Absolute times of a machine that others use as well mean little; the ratio inside a round means much.
 */
public final class Ratios {
    private static final int MANY_ROUNDS = 41;
    private static final int ROUNDS = 9;
    /** For what takes long. */
    private static final int FEW_ROUNDS = 5;
    private static final int WARM_UPS = 8;
    /** The interpreter has many paths; each is compiled only when it has run often. */
    private static final int LONG_WARM_UPS = 20;
    private static final int CALLS = 2_000_000;
    /** Enough for the interpreter to be compiled before the last one, which counts. */
    private static final int KERNEL_ROUNDS = 3;
    private static final int SWAPS = 400;
    private static final int IDLE_VMS = 1000;
    private static final double MEBIBYTE = 1 << 20;
    private static volatile long sink;

    private Ratios() {
    }

    /**
     * Measures, and prints a table.
     *
     * @param arguments
     *            numbers of goals; none for all
     */
    public static void main(String[] arguments) throws Exception {
        List<String> goals = List
                .of(arguments.length == 0
                        ? new String[]{"1", "3", "4", "5", "6", "7", "9", "10", "11", "13", "0"}
                        : arguments);
        System.out.println(
                "goal  what                                              ratio    min    max      ours    other ns");
        for (String goal : goals) {
            switch (goal) {
                case "1" -> kernels(1, "qemu-system-x86_64");
                case "3" -> kernels(3, "bochs");
                case "4" -> boot();
                case "5" -> exits();
                case "6" -> dispatch();
                case "7" -> ranges();
                case "9" -> crossThread();
                case "10" -> ioctl();
                case "11" -> swap();
                case "0" -> supervision();
                case "13" -> idle();
                default ->
                    throw new IllegalArgumentException(
                            "goal " + goal + " is not 1, 3, 4, 5, 6, 7, 9, 10, 11, 13 or 0");
            }
        }
    }

    private static void kernels(int goal, String other) throws Exception {
        Path root = Path.of(System.getProperty("cupule.root", "."));
        Path launcher = root.resolve("launcher/target/cupule-1.0.0-SNAPSHOT.jar");
        if (!Yardsticks.present(other) || !Yardsticks.present("nasm")) {
            skip(goal, other + ", nasm");
            return;
        }
        Path guests = root.resolve("guests");
        // Speed, ours / theirs: the inverse of the times.
        row(goal, "speed of seven kernels, interpreter / " + other, true,
                () -> Kernels.nanos(Kernels.ours(launcher, guests, KERNEL_ROUNDS)),
                () -> Kernels.nanos(other.equals("bochs")
                        ? Kernels.bochs(guests)
                        : Kernels.qemu(guests, KERNEL_ROUNDS)));
    }

    private static void boot() throws Exception {
        if (!Yardsticks.present("qemu-system-x86_64")) {
            skip(4, "qemu-system-x86_64");
            return;
        }
        try (var linux = new LinuxBoot(Path.of(System.getProperty("cupule.root", ".")))) {
            if (linux.missing().isEmpty()) {
                row(4, "Linux to user space, JVM start included / QEMU TCG", false, linux::ours, linux::qemu,
                        FEW_ROUNDS);
            } else {
                skip(4, linux.missing());
            }
        }
    }

    private static void ioctl() throws Exception {
        if (!Yardsticks.present("cc") || !Yardsticks.present("taskset")) {
            skip(10, "cc, taskset");
            return;
        }
        Path program = new Yardsticks().compile();
        row(10, "ioctl that is refused, with errno / C", false, Ratios::ioctlOnOneCpu,
                () -> Yardsticks.nanos(program, "ioctl", CALLS));
    }

    private static double ioctlOnOneCpu() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return Double.parseDouble(Yardsticks.run(List.of("taskset", "-c", "0", java, "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                Ioctl.class.getName(), String.valueOf(CALLS)), 0).strip());
    }

    private static void swap() throws Exception {
        try (var uart = new SwappedUart(); var rebind = new Rebind()) {
            for (int i = 0; i < WARM_UPS; i++) {
                median(uart::pauseNanos);
                median(rebind::nanos);
            }
            row(11, "pause p50 of a live UART swap / DS rebind p50", false, () -> median(uart::pauseNanos),
                    () -> median(rebind::nanos));
        }
    }

    private static double median(DoubleSupplier call) {
        return DoubleStream.generate(call).limit(SWAPS).sorted().skip(SWAPS / 2).findFirst().orElseThrow();
    }

    private static void exits() throws Exception {
        if (!Yardsticks.present("qemu-system-x86_64")) {
            skip(5, "qemu-system-x86_64");
            return;
        }
        Yardsticks yardsticks = new Yardsticks();
        try (GuestLoop loop = new GuestLoop()) {
            for (int i = 0; i < LONG_WARM_UPS; i++) {
                loop.run(1_000_000);
            }
            int more = 20_000_000;
            // Exits a second, ours / theirs: the inverse of the times.
            row(5, "exits per second, ours / QEMU TCG", true, () -> loop.run(1_000_000) / 1e6,
                    () -> (double) (yardsticks.qemu(more + 100_000) - yardsticks.qemu(100_000)) / more);
        }
    }

    private static void dispatch() throws Exception {
        if (!Yardsticks.present("cc")) {
            skip(6, "cc");
            return;
        }
        Path program = new Yardsticks().compile();
        try (Dispatch few = new Dispatch(8)) {
            warmUp(few);
            row(6, "dispatch of one request / C getppid", false, () -> nanos(few::sameDevice),
                    () -> Yardsticks.nanos(program, "getppid", CALLS));
        }
    }

    /** No goal of the table: supervision may cost 1.05 times the same device behind a bare gate. */
    private static void supervision() throws Exception {
        try (SupervisedDispatch both = new SupervisedDispatch()) {
            for (int i = 0; i < WARM_UPS; i++) {
                nanos(both::hosted);
                nanos(both::watched);
                nanos(both::bare);
            }
            row(0, "request to a device, supervised / a bare gate", false, () -> nanos(both::watched),
                    () -> nanos(both::bare), MANY_ROUNDS);
            row(0, "request to a device as it is hosted / a bare gate", false, () -> nanos(both::hosted),
                    () -> nanos(both::bare), MANY_ROUNDS);
        }
    }

    private static void ranges() throws Exception {
        try (Dispatch few = new Dispatch(8); Dispatch many = new Dispatch(10_000)) {
            warmUp(few);
            warmUp(many);
            row(7, "10,000 ranges / 8, one device", false, () -> nanos(many::sameDevice), () -> nanos(few::sameDevice));
            row(7, "10,000 ranges / 8, another device each time", false, () -> nanos(many::otherDevice),
                    () -> nanos(few::otherDevice));
        }
    }

    private static void crossThread() throws Exception {
        if (!Yardsticks.present("cc") || !Yardsticks.present("taskset")) {
            skip(9, "cc, taskset");
            return;
        }
        Path program = new Yardsticks().compile();
        for (String mode : List.of("threaded", "queued")) {
            for (String vcpu : List.of("platform", "virtual")) {
                row(9, "cross-thread p50, " + mode + ", " + vcpu + " vCPU / C futex", false,
                        () -> crossThreadOnOneCpu(mode, vcpu), () -> Yardsticks.nanos(program, "futex", 50_000));
            }
        }
    }

    private static double crossThreadOnOneCpu(String mode, String vcpu) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return Double.parseDouble(Yardsticks.run(List.of("taskset", "-c", "0", java, "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                CrossThread.class.getName(), mode, vcpu), 0).strip());
    }

    private static void idle() throws Exception {
        List<String[]> runs = Stream.generate(Ratios::idleBytes).limit(ROUNDS).toList();
        Iterator<String[]> created = runs.iterator();
        Iterator<String[]> halted = runs.iterator();
        row(13, "bytes beyond RAM, VM created / 1 MiB", false, () -> Double.valueOf(created.next()[0]),
                () -> MEBIBYTE);
        row(13, "bytes beyond RAM, guest halted / 1 MiB", false, () -> Double.valueOf(halted.next()[1]),
                () -> MEBIBYTE);
        try (Dispatch few = new Dispatch(8)) {
            warmUp(few);
            row(13, "dispatch beside 1,000 halted VMs / alone", false, () -> besideIdle(few),
                    () -> nanos(few::sameDevice));
        }
    }

    private static double besideIdle(Dispatch dispatch) {
        try (Idle others = new Idle()) {
            others.create(IDLE_VMS);
            others.halt();
            return nanos(dispatch::sameDevice);
        }
    }

    /** {@return what a fresh JVM with many idle VMs prints} */
    private static String[] idleBytes() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String printed = Yardsticks.run(List.of(java, "-XX:+UseSerialGC", "-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch",
                "--enable-native-access=ALL-UNNAMED", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp",
                System.getProperty("java.class.path"), Idle.class.getName(), String.valueOf(IDLE_VMS)), 0);
        return printed.strip().split(" ");
    }

    private static void warmUp(Dispatch dispatch) {
        for (int i = 0; i < WARM_UPS; i++) {
            nanos(dispatch::sameDevice);
            nanos(dispatch::otherDevice);
        }
    }

    private static double nanos(LongSupplier call) {
        long sum = 0;
        long before = System.nanoTime();
        for (int i = 0; i < CALLS; i++) {
            sum += call.getAsLong();
        }
        long after = System.nanoTime();
        sink = sum;
        return (double) (after - before) / CALLS;
    }

    private static void row(int goal, String what, boolean inverse, Callable<Double> ours, Callable<Double> other)
            throws Exception {
        row(goal, what, inverse, ours, other, ROUNDS);
    }

    private static void row(int goal, String what, boolean inverse, Callable<Double> ours, Callable<Double> other,
            int rounds) throws Exception {
        List<Double> ratios = new ArrayList<>();
        List<Double> mine = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            mine.add(ours.call());
            theirs.add(other.call());
            double ratio = mine.getLast() / theirs.getLast();
            ratios.add(inverse ? 1 / ratio : ratio);
        }
        List.of(ratios, mine, theirs).forEach(list -> list.sort(null));
        System.out.printf("%4d  %-48s %6.2f %6.2f %6.2f  %8.0f %8.0f%n", goal, what, ratios.get(rounds / 2),
                ratios.getFirst(), ratios.getLast(), mine.get(rounds / 2), theirs.get(rounds / 2));
    }

    private static void skip(int goal, String programs) {
        System.out.println("%4d  SKIPPED: not on this machine: %s".formatted(goal, programs));
    }
}

package org.cupule.fuzz;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.cupule.hsm.VirtualMachine;
import org.cupule.types.HsmException;

/**
 * What is to be known when a VM of the soak does not come to rest in time: was a thread kept from a processor, or does
 * it wait for something that never comes? Tells every thread with its stack, and what it waits for; how long each had a
 * processor and how long it waited for one, in the second after the deadline; and whether the VM came to rest later.
 *
 * @threading any thread
 */
final class SoakWitness {
    private static final int LATER_SECONDS = 60;

    private final VirtualMachine vm;

    SoakWitness(VirtualMachine vm) {
        this.vm = vm;
    }

    /** Makes the refusal of a pause explain itself. */
    AssertionError explain(String name, HsmException refused) {
        List<String> before = scheduling();
        String threads = threads();
        String machine = machine();
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
        return new AssertionError(String.join("\n", name + ": " + refused.getMessage(), machine,
                "-- id, name, state; ns with a processor, ns waiting for one, slices: at the deadline",
                String.join("\n", before), "-- and a second later", String.join("\n", scheduling()),
                "-- platform threads",
                threads, "-- virtual threads", virtualThreads(), "-- " + later()), refused);
    }

    /** State, clock and vCPUs; slots, answers and clients. */
    private String machine() {
        return "%s%n%s%n%s".formatted(String.join("\n", vm.describe()), vm.ioRequests().counters(),
                vm.ioRequests().clients().stream().map(Object::toString).collect(Collectors.joining("\n")));
    }

    /** Whether it comes to rest when it is given more time: what hangs does not. */
    private String later() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(LATER_SECONDS)) {
            try {
                vm.pause();
                return "it came to rest %d ms later".formatted((System.nanoTime() - start) / 1_000_000);
            } catch (HsmException again) {
                continue;
            }
        }
        return "it did not come to rest in %d s more; threads then:%n%s".formatted(LATER_SECONDS, threads());
    }

    private static String threads() {
        return Arrays.stream(ManagementFactory.getThreadMXBean().dumpAllThreads(true, true, 20))
                .map(ThreadInfo::toString).collect(Collectors.joining());
    }

    /** The kernel's account of each thread. */
    private static List<String> scheduling() {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.map(task -> task.getFileName() + " " + text(task, "comm") + " "
                    + text(task, "stat").replaceAll("^.*\\) (.).*", "$1") + "; " + text(task, "schedstat")).sorted()
                    .toList();
        } catch (IOException none) {
            return List.of(none.toString());
        }
    }

    private static String text(Path task, String file) {
        try {
            return Files.readString(task.resolve(file)).strip();
        } catch (IOException gone) {
            return "gone";
        }
    }

    private static String virtualThreads() {
        try {
            Path file = Files.createTempDirectory("soak").resolve("threads");
            ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class).dumpThreads(
                    file.toString(), com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
            return Arrays.stream(Files.readString(file).split("\n\n")).filter(text -> text.contains("virtual"))
                    .collect(Collectors.joining("\n"));
        } catch (IOException failed) {
            return failed.toString();
        }
    }
}

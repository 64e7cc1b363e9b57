package org.cupule.hw.cpu.systest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.cupule.hardware.CpuFactory;

/**
 * A guest of {@code guests/systest}: it writes what it saw to port 0xE9, a line for each experiment.
 *
 * @param name
 *            of the guest: {@code long}
 * @param append
 *            its command line
 * @param end
 *            how it must end on our model, as {@link BareMachine#run} says it
 * @param qemuStatus
 *            QEMU's exit status when it ends in the same way
 */
record SystemGuest(String name, String append, String end, int qemuStatus) {
    /** Tests run in the folder of their bundle. */
    static final Path FOLDER = Path.of("..", "..", "guests", "systest");
    private static final Path KEPT = Path.of("target", "systest");
    private static final SystemGuest LONG = new SystemGuest("long", "", "debug exit 16", 33);
    private static final SystemGuest LEGACY = new SystemGuest("legacy", "", "debug exit 16", 33);
    /** What QEMU TCG does not check, or does not survive. */
    private static final SystemGuest CHECKS = new SystemGuest("legacy", "checks", "debug exit 16", 33);
    private static final SystemGuest TRIPLE_FAULT = new SystemGuest("legacy", "triple", "triple fault", 0);
    private static final long MOST = 100_000_000;

    static List<SystemGuest> all() {
        return List.of(LONG, LEGACY, CHECKS, TRIPLE_FAULT);
    }

    static List<SystemGuest> forQemu() {
        return List.of(LONG, LEGACY, TRIPLE_FAULT);
    }

    Path image() {
        return FOLDER.resolve("bin").resolve(name + ".bin");
    }

    /** {@return what it must say, by the manual} */
    String expected() {
        return text(FOLDER.resolve("expected").resolve(file()));
    }

    private String file() {
        return append.isEmpty() ? name + ".txt" : name + "-" + append + ".txt";
    }

    /** {@return what it says on our model, and in a last line how it ended} */
    String onModel(CpuFactory factory) {
        var machine = new BareMachine(factory);
        machine.load(image(), append);
        String end = machine.run(MOST);
        return kept(machine.output() + ended(end.equals(this.end), end));
    }

    /** Keeps a text for a person, who compares it with the expected one after a change. */
    private String kept(String text) {
        try {
            Files.writeString(Files.createDirectories(KEPT).resolve(file()), text);
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return what it says on QEMU, and in a last line how it ended} */
    String onQemu(Path folder) {
        Qemu.Run run = Qemu.run(image(), append, folder);
        return run.output() + ended(run.status() == qemuStatus, "status " + run.status());
    }

    /** {@return the last line: the same on both when both ended as they must} */
    private String ended(boolean right, String how) {
        return "-- " + (right ? end : how) + "\n";
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return append.isEmpty() ? name : name + " " + append;
    }
}

package org.cupule.itests;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.Machines;

/**
 * A machine that runs memtest86+, unmodified, from Debian's package, and its serial screen.
 *
 * @threading any thread
 */
final class Memtest implements AutoCloseable {
    private static final Pattern TEST = Pattern.compile("Test +#(\\d+)");
    private static final Pattern ERRORS = Pattern.compile("Errors: *(\\d+)");
    private static final Pattern MEMORY = Pattern.compile("Memory *: *(\\d+)MB");
    private static final String OPTIONS = "console=ttyS0,115200 nosmp nosm nobench nopause";

    private final SerialScreen screen = new SerialScreen();
    private final Machine machine;
    private final AutoCloseable attached;

    private Memtest(Machine machine) {
        this.machine = machine;
        this.attached = machine.console().attach(screen::put);
    }

    /** {@return a started machine with these hardware models} */
    static Memtest start(Machines machines, long memoryBytes, Map<String, String> models) throws Exception {
        var image = new Image(Optional.of(image()), "", "linux", 0, OPTIONS, List.of());
        MachineDescription base = machines.standard("memtest");
        var memtest = new Memtest(machines.create(new MachineDescription(base.name(), base.hypervisor(), memoryBytes, 1,
                Optional.of(image), base.devices(), models, base.behaviour(), base.deterministic(),
                base.queuedUpcall())));
        memtest.machine.start();
        return memtest;
    }

    private static Path image() throws IOException {
        String script = Path.of(System.getProperty("cupule.root"), "guests", "fetch").toString();
        var process = new ProcessBuilder(script, "memtest86+").redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String folder = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        return Path.of(folder.strip(), "boot", "memtest86+x64.bin");
    }

    /** {@return the name of one of its targets: {@code vm1.ept}} */
    String target(String place) {
        return "vm" + machine.vm().vmid() + "." + place;
    }

    /** {@return the number of the running test, or -1 before the first} */
    int test() {
        return screen.number(TEST);
    }

    int errors() {
        return screen.number(ERRORS);
    }

    int mebibytes() {
        return screen.number(MEMORY);
    }

    /** Waits until it has drawn on its screen once more: every second or two of its time. */
    void awaitMore(Duration patience) {
        long before = screen.written();
        await(() -> screen.written() > before, patience, "more on its screen");
    }

    void await(BooleanSupplier condition, Duration patience, String what) {
        Await.until(condition, patience, () -> "%s; the machine is %s; its screen shows%n%s".formatted(what,
                machine.status(), screen));
    }

    @Override
    public void close() throws Exception {
        attached.close();
        machine.close();
    }
}

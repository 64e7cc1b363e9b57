package org.cupule.itests;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.cupule.launch.CommandLine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.Machines;
import org.osgi.framework.BundleContext;

/**
 * Debian's kernel with a script in its RAM disk, as the command {@code linux} makes them, for machines that a test
 * describes.
 *
 * @param image
 *            what is booted
 * @threading immutable
 */
record LinuxImage(Image image) {
    private static final Pattern MADE = Pattern.compile("--kernel (\\S+) --initrd \\S+ --append '(.*)'");
    private static final long MEMORY_BYTES = 192L << 20;

    /**
     * Makes it.
     *
     * @param file
     *            where the RAM disk is written
     * @param append
     *            more words for the kernel
     * @param script
     *            what its first program runs
     */
    static LinuxImage make(BundleContext context, Path file, String append, String script) throws Exception {
        var out = new ByteArrayOutputStream();
        var printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        int status = command(context).apply(Map.of(CommandLine.ARGUMENTS,
                new String[]{"--make-initrd", file.toString(), "--append", append, "--", script},
                CommandLine.IN, (InputStream) new ByteArrayInputStream(new byte[0]), CommandLine.OUT, printed,
                CommandLine.ERR, printed, CommandLine.TERMINAL, false, CommandLine.HOME, TestPlatform.linuxHome(),
                CommandLine.BUNDLES, TestPlatform.started("x").getParent(), CommandLine.PLUGINS,
                TestPlatform.plugin("x").getParent()));
        Matcher made = MADE.matcher(out.toString(StandardCharsets.UTF_8));
        if (status != 0 || !made.find()) {
            throw new IOException("status %d: %s".formatted(status, out));
        }
        return new LinuxImage(new Image(Optional.of(Path.of(made.group(1))), "", "linux", 0, made.group(2),
                List.of(file)));
    }

    @SuppressWarnings("unchecked")
    private static Function<Map<String, Object>, Integer> command(BundleContext context) throws Exception {
        return (Function<Map<String, Object>, Integer>) context.getServiceReferences(Function.class,
                "(" + CommandLine.COMMAND + "=linux)").stream().map(context::getService).findFirst().orElseThrow();
    }

    /** {@return a standard machine that boots it, with more devices} */
    MachineDescription machine(Machines machines, int cpus, boolean deterministic, DeviceDescription... added) {
        MachineDescription base = machines.standard("linux");
        var devices = new ArrayList<>(base.devices());
        devices.addAll(List.of(added));
        return new MachineDescription(base.name(), base.hypervisor(), MEMORY_BYTES, cpus, Optional.of(image), devices,
                base.models(), base.behaviour(), deterministic, base.queuedUpcall());
    }

    /** {@return a device without options} */
    static DeviceDescription device(String type, String name, String backend) {
        return new DeviceDescription(type, name, "", Map.of(), Map.of(), "", Map.of(), backend);
    }
}

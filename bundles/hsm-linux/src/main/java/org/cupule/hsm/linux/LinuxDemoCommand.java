package org.cupule.hsm.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code cupule demo linux}: a stock Linux works and has its answers checked, while all of its hardware is swapped.
 *
 * @threading {@link #apply} on the main thread
 */
@Component(service = Function.class, property = CommandLine.DEMO + "=linux")
public final class LinuxDemoCommand implements Function<Map<String, Object>, Integer> {
    private static final int INTERRUPTED = 130;
    private static final int MOST_SWAPS = 1_000_000;
    private static final int MOST_CPUS = 16;
    private static final long MEMORY_BYTES = 256L << 20;
    private static final long DISK_BYTES = 64L << 20;
    /** Second models of what the platform starts with one of; the distribution has them beside. */
    private static final List<String> PLUGINS = List.of("hw-lapic-v2", "hw-ept-interval", "dev-sample-v2");

    private final Machines machines;
    private final Deployer deployer;
    private final List<Swappable> owners = new CopyOnWriteArrayList<>();

    /** Made by the component runtime. */
    @Activate
    public LinuxDemoCommand(@Reference Machines machines, @Reference Deployer deployer) {
        this.machines = machines;
        this.deployer = deployer;
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addSwappable(Swappable owner) {
        owners.add(owner);
    }

    void removeSwappable(Swappable owner) {
        owners.remove(owner);
    }

    /** The options. */
    @Command(name = "cupule demo linux", sortOptions = false, usageHelpAutoWidth = true, description = "Boots Debian's Linux on 2 processors; it writes files, sleeps, runs programs, answers on its serial line and its network, and the host checks each answer, while processors, interrupt controllers, timers, memory tables and devices are swapped under it.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
            "0:every answer was right, no request was lost or served twice, the kernel had nothing to complain of",
            "1:not so", "2:wrong usage", "4:the host failed"})
    static final class Options {
        @Option(names = "--swaps", paramLabel = "N", description = "How many swaps are made; without it, 1000.")
        int swaps = 1000;

        @Option(names = "--cpus", paramLabel = "N", description = "Number of processors, 1 to 16; without it, 2.")
        int cpus = 2;

        @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this help.")
        boolean help;
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        var options = new Options();
        var parser = new picocli.CommandLine(options);
        try {
            parser.parseArgs(line.arguments().toArray(String[]::new));
            requireRange("--swaps", options.swaps, MOST_SWAPS);
            requireRange("--cpus", options.cpus, MOST_CPUS);
        } catch (picocli.CommandLine.ParameterException | HsmException e) {
            line.err().println("cupule demo: " + e.getMessage() + "; cupule demo linux --help lists the options.");
            return LinuxCommand.USAGE;
        }
        if (options.help) {
            parser.usage(line.out());
            return 0;
        }
        return demonstrate(line, options);
    }

    private static void requireRange(String option, int number, int most) {
        if (number < 1 || number > most) {
            throw new HsmException(Errno.EINVAL, option, "a number from 1 to %d is expected".formatted(most));
        }
    }

    private int demonstrate(CommandLine line, Options options) {
        Path work = null;
        try {
            Files.createDirectories(line.home());
            work = Files.createTempDirectory(line.home(), "demo");
            MachineDescription description = description(line, options, work);
            plug(line.plugins());
            try (var demonstration = new LinuxDemonstration(machine(description), owners, line)) {
                return demonstration.run(options.swaps);
            }
        } catch (HsmException | IOException | UncheckedIOException e) {
            line.err().println("cupule demo: " + e.getMessage());
            return LinuxCommand.HOST_FAILURE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return INTERRUPTED;
        } finally {
            delete(work);
        }
    }

    private Machine machine(MachineDescription description) {
        return machines.create(description);
    }

    private MachineDescription description(CommandLine line, Options options, Path work) throws IOException {
        var packages = new DebianPackages(line.home().resolve("linux"),
                sentence -> line.err().println("cupule demo: " + sentence));
        DebianPackages.Kernel kernel = packages.kernel(false);
        var initrd = new Initrd(packages.busybox(false),
                KernelModules.in(kernel.modules()).withNeeds(Initrd.DRIVERS), script());
        Path disk = Files.write(work.resolve("initrd.cpio"), initrd.archive());
        var image = new MachineDescription.Image(Optional.of(kernel.image()), "", "auto", 0,
                LinuxCommand.APPEND + " quiet", List.of(disk));
        MachineDescription base = machines.standard("linux");
        return new MachineDescription(base.name(), base.hypervisor(), MEMORY_BYTES, options.cpus, Optional.of(image),
                devices(base, work), base.models(), base.behaviour(), false, base.queuedUpcall());
    }

    private static String script() throws IOException {
        try (InputStream in = LinuxDemoCommand.class.getResourceAsStream("workload.sh")) {
            if (in == null) {
                throw new IOException("the bundle has no workload.sh");
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static List<DeviceDescription> devices(MachineDescription base, Path work) throws IOException {
        Path image = work.resolve("disk.img");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        var devices = new ArrayList<>(base.devices());
        devices.add(device("virtio-blk", "disk0", "file:" + image.toAbsolutePath()));
        devices.add(device("virtio-net", "net0", "user"));
        devices.add(device("virtio-rng", "rng0", ""));
        return devices;
    }

    private static DeviceDescription device(String type, String name, String backend) {
        return new DeviceDescription(type, name, "", Map.of(), Map.of(), "", Map.of(), backend);
    }

    private void plug(Path folder) throws IOException {
        for (String name : PLUGINS) {
            deployer.plug(jar(folder, name));
        }
    }

    private static URI jar(Path folder, String name) throws IOException {
        String symbolic = "org.cupule." + name.replace('-', '.');
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("(" + name + "|" + symbolic
                    + ")(-\\d.*)?\\.jar")).findFirst().map(Path::toUri)
                    .orElseThrow(() -> new HsmException(Errno.ENOENT, "demo",
                            "the jar of " + name + " is not in " + folder));
        }
    }

    private static void delete(@org.jspecify.annotations.Nullable Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

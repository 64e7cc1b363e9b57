package org.cupule.machine.command;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.cupule.device.DeviceFactory;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machines;
import org.cupule.machine.Machine.Outcome;
import org.cupule.machine.device.DeviceOffer;
import org.cupule.swap.Deployer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * {@code cupule dev}: a guest with somebody's plug-in, each new build of which takes the place of the last one while
 * the guest runs.
 *
 * @threading any thread; one run at a time
 */
@Component(service = Function.class, property = {CommandLine.COMMAND + "=dev",
        CommandLine.USAGE + "=dev PROJECT|JAR [OPTIONS]: a guest with a plug-in of yours, swapped at each build"})
public final class DevCommand implements Function<Map<String, Object>, Integer> {
    private static final String BUNDLE = "service.bundleid";

    private final Machines machines;
    private final BundleContext context;
    private final Map<DeviceFactory, Long> factories = new ConcurrentHashMap<>();
    private final Map<IoRequestClient, Map<String, Object>> clients = new ConcurrentHashMap<>();
    private final CompletableFuture<Outcome> stopped = new CompletableFuture<>();

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    private volatile @Nullable Deployer deployer;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC, target = "("
            + CommandLine.COMMAND + "=shell)")
    private volatile @Nullable Function<Map<String, Object>, Integer> shell;

    /** Made by the component runtime. */
    @Activate
    public DevCommand(@Reference Machines machines, BundleContext context) {
        this.machines = machines;
        this.context = context;
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindDeviceFactory(DeviceFactory factory, Map<String, Object> properties) {
        factories.put(factory, properties.get(BUNDLE) instanceof Long id ? id : Long.valueOf(-1));
    }

    void unbindDeviceFactory(DeviceFactory factory) {
        factories.remove(factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindIoRequestClient(IoRequestClient client, Map<String, Object> properties) {
        clients.put(client, Map.copyOf(properties));
    }

    void updatedIoRequestClient(IoRequestClient client, Map<String, Object> properties) {
        clients.replace(client, Map.copyOf(properties));
    }

    void unbindIoRequestClient(IoRequestClient client) {
        clients.remove(client);
    }

    /** The platform goes down: a run ends. */
    @Deactivate
    void deactivate() {
        stopped.complete(new Outcome("interrupted", RunCommand.INTERRUPTED, ""));
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        var options = new DevOptions();
        var parser = new picocli.CommandLine(options);
        try {
            WrongUsage.requireKnown(parser, parser.parseArgs(line.arguments().toArray(String[]::new)));
        } catch (picocli.CommandLine.ParameterException e) {
            line.err().println(WrongUsage.line("cupule dev", e));
            return RunCommand.USAGE;
        }
        if (options.help) {
            parser.usage(line.out());
            return 0;
        }
        var over = new CompletableFuture<Outcome>();
        stopped.thenAccept(over::complete);
        return orderly(() -> run(map, line, options, over), over);
    }

    /**
     * Runs on a thread that nobody interrupts: a signal in the middle of plugging would leave half a transaction. It
     * ends the run instead, in order.
     */
    private static int orderly(Supplier<Integer> run, CompletableFuture<Outcome> over) {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        CompletableFuture<Integer> status = CompletableFuture.supplyAsync(run, task -> {
            Thread thread = Thread.ofPlatform().name("dev").unstarted(task);
            thread.setContextClassLoader(loader);
            thread.start();
        });
        try {
            return status.get();
        } catch (InterruptedException e) {
            over.complete(new Outcome("interrupted", RunCommand.INTERRUPTED, ""));
            int ended = status.join();
            Thread.currentThread().interrupt();
            return ended;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        }
    }

    private int run(Map<String, Object> map, CommandLine line, DevOptions options, CompletableFuture<Outcome> over) {
        try (var session = new DevSession(this, line, options, command -> execute(map, command))) {
            return session.run(over);
        } catch (HsmException e) {
            line.err().println("cupule dev: " + e.getMessage());
            return RunCommand.usageFault(e.errno()) ? RunCommand.USAGE : RunCommand.HOST_FAILURE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return RunCommand.INTERRUPTED;
        }
    }

    private boolean execute(Map<String, Object> map, String command) {
        Function<Map<String, Object>, Integer> present = shell;
        if (present != null) {
            var arguments = new HashMap<>(map);
            arguments.put(CommandLine.ARGUMENTS, new String[]{"-c", command});
            present.apply(arguments);
        }
        return present != null;
    }

    /** {@return a new folder that goes with this process: what is plugged from there does not come back} */
    Path stage() {
        try {
            File data = context.getDataFile("dev");
            return data == null
                    ? Files.createTempDirectory("cupule-dev")
                    : Files.createTempDirectory(Files.createDirectories(data.toPath()), "");
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "dev", "there is no place for builds: " + e.getMessage(), e);
        }
    }

    Machines machines() {
        return machines;
    }

    Deployer deployer() {
        Deployer present = deployer;
        if (present == null) {
            throw new HsmException(Errno.ENODEV, "dev", "there is no deployer; start the bundle org.cupule.deployer");
        }
        return present;
    }

    /** {@return the devices that a bundle offers} */
    List<DeviceOffer> offers(long bundle) {
        return factories.entrySet().stream().filter(entry -> entry.getValue() == bundle)
                .map(entry -> DeviceOffer.of(entry.getKey(), bundle)).toList();
    }

    /** {@return the ranges that clients of a bundle answer, as their properties say them} */
    List<String> ranges(long bundle) {
        return clients.values().stream().filter(properties -> Long.valueOf(bundle).equals(properties.get(BUNDLE)))
                .flatMap(properties -> texts(properties.get(IoRequestClient.RANGES)).stream()).toList();
    }

    private static List<String> texts(@Nullable Object property) {
        return switch (property) {
            case String text -> List.of(text);
            case String[] texts -> List.of(texts);
            case List<?> texts -> texts.stream().map(String::valueOf).toList();
            case null, default -> List.of();
        };
    }
}

package org.cupule.hsm.shell.demo;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.cupule.launch.CommandLine;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.cupule.swap.Swappable;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * {@code cupule demo}: runs the demonstration guest and swaps the hardware under it.
 *
 * @threading {@link #apply} on the main thread
 */
@Component(service = Function.class, property = {CommandLine.COMMAND + "=demo",
        CommandLine.USAGE
                + "=demo [linux] [OPTIONS]: a guest that checks every answer, while its hardware is swapped"})
public final class DemoCommand implements Function<Map<String, Object>, Integer> {
    private static final String LINUX = "linux";
    private static final long LINUX_SECONDS = 10;
    private static final int OK = 0;
    private static final int USAGE = 2;
    private static final int HOST_FAILURE = 4;
    private static final int MOST_ROUNDS = 100_000;
    private static final int MOST_CPUS = 8;
    private static final String HELP = """
            usage: cupule demo [--rounds N] [--cpus N]
                   cupule demo linux [OPTIONS]     Debian's Linux instead; cupule demo linux --help tells of it
              --rounds N   how often everything is swapped (default 5)
              --cpus N     processors of the guest, 1 to 8 (default 2)
            Exit status: 0 when nothing was lost or served twice and the guest's verdict is ok; 1 when the guest found an
            error or a swap went wrong; 8 when a request was lost or served twice; 4 when the platform failed.""";

    private final Machines machines;
    private final Deployer deployer;
    private final List<Swappable> owners = new CopyOnWriteArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CompletableFuture<Function<Map<String, Object>, Integer>> linux = new CompletableFuture<>();

    /** Made by the component runtime. */
    @Activate
    public DemoCommand(@Reference Machines machines, @Reference Deployer deployer) {
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

    /** The demonstration with Linux has come. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, target = "("
            + CommandLine.DEMO + "=" + LINUX + ")")
    void addLinux(Function<Map<String, Object>, Integer> came) {
        linux.complete(came);
    }

    void removeLinux(Function<Map<String, Object>, Integer> gone) {
        // What it has begun is its own.
    }

    @Deactivate
    void deactivate() {
        stopped.countDown();
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        if (line.arguments().stream().findFirst().filter(LINUX::equals).isPresent()) {
            return linux(map, line);
        }
        if (line.arguments().contains("--help") || line.arguments().contains("-h")) {
            line.out().println(HELP);
            return OK;
        }
        String fault = fault(line.arguments());
        if (!fault.isEmpty()) {
            line.err().println("cupule demo: " + fault + "; cupule demo --help lists the options.");
            return USAGE;
        }
        int rounds = number(line.arguments(), "--rounds", 5);
        int cpus = number(line.arguments(), "--cpus", 2);
        try (var demonstration = new Demonstration(machines, deployer, owners, line, cpus)) {
            return demonstration.run(rounds);
        } catch (HsmException e) {
            line.err().println("cupule demo: " + e.getMessage());
            return HOST_FAILURE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return HOST_FAILURE;
        }
    }

    private int linux(Map<String, Object> map, CommandLine line) {
        var arguments = new HashMap<>(map);
        arguments.put(CommandLine.ARGUMENTS, line.arguments().stream().skip(1).toArray(String[]::new));
        try {
            return linux.get(LINUX_SECONDS, TimeUnit.SECONDS).apply(arguments);
        } catch (TimeoutException | ExecutionException e) {
            line.err().println(
                    "cupule demo: there is no demonstration with Linux; start the bundle org.cupule.hsm.linux.");
            return HOST_FAILURE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return HOST_FAILURE;
        }
    }

    /** {@return what is wrong with the arguments; empty when nothing is} */
    private static String fault(List<String> arguments) {
        for (int at = 0; at < arguments.size(); at += 2) {
            String option = arguments.get(at);
            if (!option.equals("--rounds") && !option.equals("--cpus")) {
                return "'" + option + "' is no option";
            }
            String text = at + 1 < arguments.size() ? arguments.get(at + 1) : "";
            int most = option.equals("--rounds") ? MOST_ROUNDS : MOST_CPUS;
            if (!text.matches("\\d{1,6}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > most) {
                return "%s '%s': a number from 1 to %d is expected".formatted(option, text, most);
            }
        }
        return "";
    }

    /** {@return the number after an option, its standard without the option} */
    private static int number(List<String> arguments, String option, int standard) {
        int at = arguments.indexOf(option);
        return at < 0 ? standard : Integer.parseInt(arguments.get(at + 1));
    }
}

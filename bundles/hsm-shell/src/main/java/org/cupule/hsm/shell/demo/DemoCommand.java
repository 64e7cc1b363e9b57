package org.cupule.hsm.shell.demo;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
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
                + "=demo [--rounds N] [--cpus N]: a guest that checks every answer, while its hardware is swapped"})
public final class DemoCommand implements Function<Map<String, Object>, Integer> {
    private static final int OK = 0;
    private static final int USAGE = 2;
    private static final int HOST_FAILURE = 4;
    private static final String HELP = """
            usage: cupule demo [--rounds N] [--cpus N]
              --rounds N   how often everything is swapped (default 5)
              --cpus N     processors of the guest, 1 to 8 (default 2)
            Exit status: 0 when nothing was lost or served twice and the guest's verdict is ok; 1 when the guest found an
            error or a swap went wrong; 8 when a request was lost or served twice; 4 when the platform failed.""";

    private final Machines machines;
    private final Deployer deployer;
    private final List<Swappable> owners = new CopyOnWriteArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);

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

    @Deactivate
    void deactivate() {
        stopped.countDown();
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        if (line.arguments().contains("--help") || line.arguments().contains("-h")) {
            line.out().println(HELP);
            return OK;
        }
        int rounds = number(line.arguments(), "--rounds", 5, 1, 100_000);
        int cpus = number(line.arguments(), "--cpus", 2, 1, 8);
        if (rounds < 0 || cpus < 0 || line.arguments().size() > 4) {
            line.err().println(HELP);
            return USAGE;
        }
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

    /**
     * {@return the number after an option, its standard without the option, or -1 when it is none or out of its range}
     */
    private static int number(List<String> arguments, String option, int standard, int least, int most) {
        int at = arguments.indexOf(option);
        if (at < 0) {
            return arguments.stream().allMatch(word -> word.startsWith("--rounds") || word.startsWith("--cpus")
                    || word.matches("\\d+")) ? standard : -1;
        }
        String text = at + 1 < arguments.size() ? arguments.get(at + 1) : "";
        int value = text.matches("\\d{1,6}") ? Integer.parseInt(text) : -1;
        return value >= least && value <= most ? value : -1;
    }
}

package org.cupule.hsm.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.cupule.fault.FaultInjector.Fault;
import org.cupule.fault.FaultKind;
import org.cupule.fault.FaultSpec;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The command for faults on demand.
 *
 * @threading any thread
 */
@Component(service = FaultCommand.class, property = {"osgi.command.scope=hsm", "osgi.command.function=fault"})
public final class FaultCommand {
    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public FaultCommand(@Reference Platform platform) {
        this.platform = platform;
    }

    /**
     * Puts faults in place, lists and removes them.
     *
     * @return a table of the faults in place
     */
    @Descriptor("lets a device fail, on demand: fault add vm1.com1 drop, fault list, fault remove 1")
    public Table fault(
            @Descriptor("at how many of its chances it strikes: 1/100") @Parameter(names = {"-r",
                    "--rate"}, absentValue = "1/1") String rate,
            @Descriptor("chooses at which") @Parameter(names = {"-s", "--seed"}, absentValue = "1") long seed,
            @Descriptor("how often it strikes at most; 0 for no end") @Parameter(names = {"-n",
                    "--count"}, absentValue = "0") long count,
            @Descriptor("what delay delays by, in microseconds") @Parameter(names = {"-d",
                    "--delay"}, absentValue = "1000") long delayMicros,
            @Descriptor("file with the numbers of the chances at which it strikes, a line each, and a value if wanted") @Parameter(names = {
                    "-f", "--script"}, absentValue = "") String script,
            @Descriptor("add, list or remove") String faultAction,
            @Descriptor("add: target, or target/line, and drop, delay, corrupt, lost-irq, spurious-irq, dma-error or remove; remove: number") String... faultWords)
            throws IOException {
        switch (faultAction) {
            case "add" -> {
                words(faultWords, 2, "fault add TARGET KIND");
                FaultSpec spec = FaultSpec.of(faultWords[0], FaultKind.of(faultWords[1])).seed(seed)
                        .count(count == 0 ? Long.MAX_VALUE : count).delay(delayMicros);
                platform.faults().add(rated(spec, rate).script(script.isEmpty()
                        ? new TreeMap<>()
                        : script(Files.readString(Path.of(script)))));
            }
            case "remove" -> {
                words(faultWords, 1, "fault remove NUMBER");
                platform.faults().remove((int) number(faultWords[0], "the number of a fault"));
            }
            case "list" -> words(faultWords, 0, "fault list");
            default -> throw wrong("'%s' is none of add, list, remove".formatted(faultAction));
        }
        return table();
    }

    private Table table() {
        var table = new Table("FAULT", "TARGET", "KIND", "WHEN", "CHANCES", "STRIKES");
        for (Fault fault : platform.faults().faults()) {
            FaultSpec spec = fault.spec();
            table.row(fault.number(), spec.target(), spec.kind().word(), when(fault), fault.chances(),
                    fault.strikes());
        }
        return table;
    }

    private static String when(Fault fault) {
        FaultSpec spec = fault.spec();
        String chosen = spec.script().isEmpty()
                ? "%d/%d seed %d".formatted(spec.strikes(), spec.of(), spec.seed())
                : "script of " + spec.script().size();
        return chosen + (fault.spent() ? ", spent" : spec.count() == Long.MAX_VALUE ? "" : ", at most " + spec.count());
    }

    private static void words(String[] given, int wanted, String usage) {
        if (given.length != wanted) {
            throw wrong("it is: " + usage);
        }
    }

    private static FaultSpec rated(FaultSpec spec, String rate) {
        int slash = rate.indexOf('/');
        return slash < 0
                ? spec.rate(number(rate, "a rate"), 1)
                : spec.rate(number(rate.substring(0, slash), "a rate"), number(rate.substring(slash + 1), "a rate"));
    }

    /**
     * {@return what a script says} A line is the number of a chance, from 1, and perhaps a value, decimal or 0x...;
     * what follows a # is a comment.
     */
    static SortedMap<Long, Long> script(String text) {
        var chances = new TreeMap<Long, Long>();
        for (String line : text.lines().map(line -> line.replaceFirst("#.*", "").strip()).toList()) {
            if (!line.isEmpty()) {
                String[] words = line.split("\\s+");
                if (words.length > 2) {
                    throw wrong("the script's line '%s' has more than a number and a value".formatted(line));
                }
                chances.put(number(words[0], "the number of a chance"),
                        words.length > 1 ? number(words[1], "a value") : 0);
            }
        }
        if (chances.isEmpty()) {
            throw wrong("the script says nothing");
        }
        return chances;
    }

    private static long number(String word, String what) {
        try {
            return Long.decode(word);
        } catch (NumberFormatException e) {
            throw wrong("'%s' is not %s".formatted(word, what));
        }
    }

    private static HsmException wrong(String sentence) {
        return new HsmException(Errno.EINVAL, "fault", sentence);
    }
}

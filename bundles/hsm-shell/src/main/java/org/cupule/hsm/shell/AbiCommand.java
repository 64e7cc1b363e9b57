package org.cupule.hsm.shell;

import java.util.Map;
import java.util.function.Function;
import org.cupule.abi.AbiListing;
import org.cupule.launch.CommandLine;
import org.osgi.service.component.annotations.Component;

/**
 * {@code cupule abi}: the numbers and layouts of the C interface, one a line.
 *
 * @threading {@link #apply} on the main thread
 */
@Component(service = Function.class, property = {CommandLine.COMMAND + "=abi",
        CommandLine.USAGE + "=abi: the numbers and layouts of <linux/acrn.h> as this platform knows them"})
public final class AbiCommand implements Function<Map<String, Object>, Integer> {
    private static final int OK = 0;
    private static final int USAGE = 2;
    private static final String HELP = """
            usage: cupule abi        prints what <linux/acrn.h> fixes, a line each, with tabs between the words:
                   ioctl  NAME 0xNUMBER
                   sizeof STRUCTURE BYTES ALIGNMENT
                   offset STRUCTURE.MEMBER OFFSET BYTES
            Exit status: 0.""";

    /** Made by the component runtime. */
    public AbiCommand() {
        // There is nothing to set up.
    }

    @Override
    public Integer apply(Map<String, Object> map) {
        CommandLine line = CommandLine.of(map);
        if (line.arguments().contains("--help") || line.arguments().contains("-h")) {
            line.out().println(HELP);
            return OK;
        }
        if (!line.arguments().isEmpty()) {
            line.err().println("cupule abi: it takes no arguments, but '%s' was given; cupule abi --help tells more."
                    .formatted(line.arguments().getFirst()));
            return USAGE;
        }
        AbiListing.lines().forEach(text -> line.out().print(text + "\n"));
        return OK;
    }
}

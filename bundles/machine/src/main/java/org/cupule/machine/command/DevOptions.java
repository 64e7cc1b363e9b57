package org.cupule.machine.command;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The options of {@code cupule dev}.
 *
 * @threading confined to the command
 */
@Command(name = "cupule dev", sortOptions = false, usageHelpAutoWidth = true, description = "Boots a guest with a plug-in of yours, and swaps in each new build of it, with the state of its devices, while the guest runs.", exitCodeListHeading = "%nExit status, otherwise as 'cupule run':%n", exitCodeList = {
        "0:the guest switched off, or with --once the new build is in",
        "1:with --once it was refused or rolled back", "2:wrong usage", "4:the host failed", "6:time-out",
        "10:the guest can never go on", "130:ended by Ctrl-C"}, footer = {
                "",
                "Without --vm and --image the guest is 'probe', which reads and writes the registers of the device as "
                        + "you say: r OFFSET, w OFFSET VALUE, i, q.",
                "With Debian's Linux as the guest: cupule linux --dev PROJECT|JAR."})
final class DevOptions {
    @Parameters(arity = "1", paramLabel = "PROJECT|JAR", description = "A Maven project, whose target/*.jar is watched, or a jar.")
    Path plugin = Path.of("");

    @Option(names = "--vm", paramLabel = "FILE", description = "The machine, as a VM file; a device of the plug-in is added when it has none.")
    @Nullable
    Path vm;

    @Option(names = {"--image",
            "--kernel"}, paramLabel = "IMAGE", description = "Boots this image on a standard PC with a device of the plug-in.")
    @Nullable
    Path image;

    @Mixin
    MachineOptions machine = new MachineOptions();

    @Option(names = "--once", description = "Ends when one new build is in, or was refused: for scripts.")
    boolean once;

    @Option(names = "--timeout", paramLabel = "TIME", converter = RunOptions.Time.class, description = "Ends after this host time with status 6: 500ms, 60s, 5m.")
    @Nullable
    Duration timeout;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this help.")
    boolean help;
}

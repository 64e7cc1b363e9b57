package org.cupule.hsm.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The options of {@code cupule linux}.
 *
 * @threading confined to the command
 */
@Command(name = "cupule linux", sortOptions = false, usageHelpAutoWidth = true, customSynopsis = "cupule linux [OPTIONS] [-- SCRIPT]", description = "Boots Debian's Linux kernel with busybox, and gives a shell; 'poweroff' ends it.", exitCodeListHeading = "%nExit status, otherwise as 'cupule run':%n", exitCodeList = {
        "0:the guest switched off, or its SCRIPT succeeded", "n:the SCRIPT's own status"}, footer = {
                "",
                "The first time, the packages linux-image-cloud-amd64 and busybox-static are fetched with 'apt-get "
                        + "download', which needs no privileges, and kept in the folder 'linux' of the platform's home, "
                        + "~/.cupule or what CUPULE_HOME says. Without a network, give --kernel and --initrd.",
                "Other options are those of 'cupule run', or with --dev of 'cupule dev': --disk FILE for a disk, "
                        + "--net for a network, --timeout, --trace, "
                        + "--symbols, ..."})
final class LinuxOptions {
    @Option(names = "--cpus", paramLabel = "N", description = "Number of processors, 1 to 16; without it, 1.")
    int cpus = 1;

    @Option(names = "--memory", paramLabel = "SIZE", description = "Guest RAM; without it, 256M.")
    String memory = "256M";

    @Option(names = "--append", paramLabel = "TEXT", description = "More words for the kernel's command line.")
    String append = "";

    @Option(names = "--kernel", paramLabel = "FILE", description = "Your own kernel, a bzImage, instead of Debian's.")
    @Nullable
    Path kernel;

    @Option(names = "--initrd", paramLabel = "FILE", description = "Your own initial RAM disk.")
    @Nullable
    Path initrd;

    @Option(names = "--dev", paramLabel = "PROJECT|JAR", description = "With a device of yours, of which each new build is swapped in under Linux, as 'cupule dev' does.")
    @Nullable
    Path plugin;

    @Option(names = "--make-initrd", paramLabel = "FILE", description = "Writes the initial RAM disk that would be booted, names the kernel, and ends.")
    @Nullable
    Path made;

    @Option(names = "--refresh", description = "Fetches the packages anew.")
    boolean refresh;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this help.")
    boolean help;

    /** Words that this command does not know, for {@code run}. */
    List<String> others = new ArrayList<>();

    /** {@return what {@code dev} is told to watch, as its words} */
    List<String> plugins() {
        return plugin == null ? List.of() : List.of(plugin.toString());
    }

    /** What follows "--": the text of a script. */
    List<String> script = new ArrayList<>();
}

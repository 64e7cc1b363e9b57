package org.cupule.launch;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a command gets from the launcher: its arguments, the process's streams, and the folders of the platform.
 *
 * @threading immutable; the streams may be used from any thread
 *
 * @param arguments
 *            what follows the sub-command's word
 * @param in
 *            standard input, unbuffered
 * @param out
 *            standard output
 * @param err
 *            standard error
 * @param terminal
 *            whether standard input and output are both a terminal
 * @param home
 *            folder that outlives the process: settings, log, history
 * @param bundles
 *            folder of the bundle jars that the platform started with
 * @param plugins
 *            folder of further bundle jars that come with the platform and are not installed: second versions,
 *            alternatives
 * @param name
 *            the sub-command's word that a person wrote, where the command does the work of another one and speaks in
 *            its name; empty for its own
 */
public record CommandLine(List<String> arguments, InputStream in, PrintStream out, PrintStream err, boolean terminal,
        Path home, Path bundles, Path plugins, String name) {
    /** Service property that holds the sub-command's word. */
    public static final String COMMAND = "cupule.command";

    /** Service property that holds one line of help. */
    public static final String USAGE = "cupule.usage";

    /** Service property of a demonstration that {@code cupule demo} runs: the word that follows there. */
    public static final String DEMO = "cupule.demo";

    /** Map key of {@link #arguments}, a {@code String[]}. */
    public static final String ARGUMENTS = "arguments";

    /** Map key of {@link #in}. */
    public static final String IN = "in";

    /** Map key of {@link #out}. */
    public static final String OUT = "out";

    /** Map key of {@link #err}. */
    public static final String ERR = "err";

    /** Map key of {@link #terminal}, a {@code Boolean}. */
    public static final String TERMINAL = "terminal";

    /** Map key of {@link #home}. */
    public static final String HOME = "home";

    /** Map key of {@link #bundles}. */
    public static final String BUNDLES = "bundles";

    /** Map key of {@link #name}; it may be missing. */
    public static final String NAME = "name";

    /** Map key of {@link #plugins}. */
    public static final String PLUGINS = "plugins";

    /** Keeps its own copy of the arguments. */
    public CommandLine {
        arguments = List.copyOf(arguments);
    }

    /** {@return the record of the launcher's map} */
    public static CommandLine of(Map<String, Object> map) {
        return new CommandLine(
                List.of((String[]) map.get(ARGUMENTS)),
                (InputStream) map.get(IN),
                (PrintStream) map.get(OUT),
                (PrintStream) map.get(ERR),
                (Boolean) map.get(TERMINAL),
                (Path) map.get(HOME),
                (Path) map.get(BUNDLES),
                (Path) map.get(PLUGINS),
                (String) map.getOrDefault(NAME, ""));
    }
}

package org.cupule.launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The one jar, as a user starts it. */
final class Jar {
    private Jar() {
    }

    /** {@return a process to be started, whose standard error goes where its output goes} */
    static ProcessBuilder process(Path home, List<String> words) {
        List<String> command = Stream.concat(Stream.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-jar", System.getProperty("cupule.jar")),
                words.stream()).toList();
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CUPULE_HOME", home.toString());
        return builder;
    }
}

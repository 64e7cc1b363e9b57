package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of the tutorial and of the examples, run as they stand in a folder that has only what they name. */
class VendorPagesIT {
    /** Maven sets the colour back at its end, and ends no line. */
    private static final String COLOUR = "\u001b\\[[0-9;]*m";
    private static final Path ROOT = Path.of(System.getProperty("cupule.root"));

    private final Map<String, OpenTerminal> terminals = new HashMap<>();

    @TempDir
    Path folder;

    @AfterEach
    void closeTerminals() {
        terminals.values().forEach(OpenTerminal::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/tutorial.md", "examples/post-code/README.md", "examples/temperature/README.md",
            "examples/accelerator/README.md"})
    void eachCommandPrintsWhatThePageSays(String page) throws IOException {
        furnish();
        playAll(page);
    }

    @Test
    void aProgramOfLinuxDrivesTheAccelerator() throws IOException {
        furnish();
        requireLinux();
        playAll("examples/accelerator/linux/README.md");
    }

    private void furnish() throws IOException {
        Files.createSymbolicLink(folder.resolve("cupule"), ROOT.resolve("cupule"));
        Files.createSymbolicLink(folder.resolve(".cupule"), ROOT.resolve(".cupule"));
        copyExamples();
        requireArchetype();
        requireMaven();
    }

    private void playAll(String page) throws IOException {
        List<Transcript> blocks = Transcript.of(ROOT.resolve(page));
        assertThat(blocks).isNotEmpty();
        for (Transcript block : blocks) {
            play(block);
        }
    }

    private void copyExamples() throws IOException {
        Path examples = ROOT.resolve("examples");
        try (Stream<Path> files = Files.walk(examples)) {
            for (Path file : files.filter(file -> !examples.relativize(file).toString().contains("target")).toList()) {
                Files.copy(file, folder.resolve("examples").resolve(examples.relativize(file).toString()));
            }
        }
    }

    /** A build of a part of the platform may be without it. */
    private static void requireArchetype() {
        boolean built = Files.isDirectory(ROOT.resolve("archetype/target/classes"))
                && Files.isDirectory(ROOT.resolve("tck-device/target/classes"));
        if (!built) {
            System.out.println("SKIPPED: the pages for vendors: archetype and tck-device are not in this build");
        }
        Assumptions.assumeTrue(built, "archetype and tck-device are not in this build");
    }

    /** What Maven must fetch once, and may not be able to. */
    private void requireMaven() throws IOException {
        List<String> printed = run("./cupule new-device com.acme.trial && cd trial && mvn -q test-compile");
        boolean fetched = printed.stream()
                .noneMatch(line -> line.matches(".*(Could not transfer|offline mode|Unknown host"
                        + "|Could not resolve|no 'mvn' in PATH).*"));
        if (!fetched) {
            System.out.println("SKIPPED: the pages for vendors: Maven cannot fetch the plug-ins of a vendor's project: "
                    + printed);
        }
        Assumptions.assumeTrue(fetched, "Maven cannot fetch the plug-ins of a vendor's project");
    }

    private void requireLinux() throws IOException {
        List<String> printed = run("type -p gcc cpio >/dev/null && ./cupule linux -- true || echo \"status $?\"");
        boolean there = printed.stream().noneMatch(line -> line.startsWith("status "));
        if (!there) {
            System.out
                    .println("SKIPPED: the accelerator under Linux: gcc, cpio or Linux itself is missing: " + printed);
        }
        Assumptions.assumeTrue(there, "gcc, cpio or Linux itself is missing");
    }

    private void play(Transcript block) throws IOException {
        if (block.name().isEmpty()) {
            runAll(block.lines());
        } else {
            converse(block);
        }
    }

    private void runAll(List<String> lines) throws IOException {
        for (int i = 0; i < lines.size();) {
            String command = Transcript.command(lines.get(i++));
            var expected = new ArrayList<String>();
            while (i < lines.size() && Transcript.command(lines.get(i)).isEmpty()) {
                expected.add(lines.get(i++));
            }
            assertThat(Transcript.difference(expected, run(command))).as(command).isEmpty();
        }
    }

    private void converse(Transcript block) throws IOException {
        boolean any = false;
        for (String line : block.lines()) {
            String command = Transcript.command(line);
            if (!command.isEmpty()) {
                terminals.put(block.name(), new OpenTerminal(start(command)));
            } else if (!Transcript.typed(line).isEmpty()) {
                terminals.get(block.name()).type(Transcript.prompt(line), Transcript.typed(line));
            } else if (!line.equals(Transcript.ANY)) {
                terminals.get(block.name()).expect(line, any);
            }
            any = line.equals(Transcript.ANY);
        }
    }

    private Process start(String command) throws IOException {
        var builder = new ProcessBuilder("bash", "-c", command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("CUPULE_HOME", folder.resolve("home").toString());
        builder.environment().put("CUPULE_BUILT", "true");
        return builder.start();
    }

    private List<String> run(String command) throws IOException {
        Process process = start(command);
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return printed.replaceAll(COLOUR, "").lines().toList();
    }
}

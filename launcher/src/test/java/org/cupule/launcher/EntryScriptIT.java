package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command {@code cupule} in a checkout where nothing is built, and where each build leaves a trace. */
class EntryScriptIT {
    private static final Path ROOT = Path.of(System.getProperty("cupule.root"));
    /** The names of an option in a help text, and whether it needs a value. */
    private static final Pattern OPTION = Pattern.compile("(?m)^ +(?:-h, )?(--[a-z-]+(?:, --[a-z-]+)*)(=?)");
    private static final long DEADLINE_SECONDS = 120;

    @TempDir
    private Path folder;

    /** What a finished process left behind. */
    private record Outcome(int status, String said) {
    }

    @BeforeEach
    void checkOut() throws IOException {
        Files.copy(ROOT.resolve("cupule"), folder.resolve("cupule"));
        Files.writeString(folder.resolve("pom.xml"), "<version>1</version>");
        Files.createDirectories(folder.resolve("thermometer/target"));
        Files.createFile(folder.resolve("thermometer/pom.xml"));
        Files.createDirectories(folder.resolve("empty"));
        Files.createFile(folder.resolve("file"));
        Path maven = Files.writeString(Files.createDirectory(folder.resolve("bin")).resolve("mvn"),
                "#!/bin/sh\ntouch '" + folder.resolve("built") + "'\nexit 1\n");
        assertThat(maven.toFile().setExecutable(true)).isTrue();
    }

    @ParameterizedTest
    @DisplayName("wrong usage is told in a line, with what may have been meant, before anything is built")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            dve                                | there is no command 'dve'; did you mean 'dev'?
            tset                               | there is no command 'tset'; did you mean 'test'?
            fly                                | there is no command 'fly'. './cupule help' lists the commands.
            fly(me)*\\n                         | there is no command 'fly(me)*\\n'. './cupule help'
            help rgi                           | there is no command 'rgi'; did you mean 'rig'?
            help dev twice                     | help takes one command, but 'twice' was given, too.
            dev                                | dev needs the folder of your project, or a jar
            dev thermomter                     | no folder 'thermomter'; did you mean 'thermometer'? Name a project's folder
            dev ./thermomter/                  | no folder './thermomter'; did you mean './thermometer'?
            dev quux                           | there is no folder 'quux'. Name a project's folder, or a jar
            dev x                              | there is no folder 'x'. Name a project's folder, or a jar
            dev empty/x                        | there is no folder 'empty/x'. Name a project's folder, or a jar
            dev no/where/x.jar                 | there is no folder 'no/where'
            dev empty                          | 'empty' is no Maven project, there is no pom.xml in it
            dev file                           | 'file' is neither a folder nor a jar
            dev thermometer more               | 'more' is one argument too many
            dev --onec thermometer             | there is no option '--onec'; did you mean '--once'?
            dev --tiemout=3s thermometer       | there is no option '--tiemout'; did you mean '--timeout'?
            dev thermometer --timeout          | '--timeout' needs a value
            dev thermometer --vm no.json       | there is no file 'no.json', which '--vm' names.
            dev thermometer --image=no.bin     | there is no file 'no.bin', which '--image' names.
            new-device                         | new-device needs a name, its Java package
            new-device com.acme.x --kind usb   | there is no kind 'usb'. The kinds are mmio, port, pci and client;
            new-device com.acme.x --kind mimo  | there is no kind 'mimo'; did you mean 'mmio'? The kinds are
            new-device com.acme.x --knd mmio   | there is no option '--knd'; did you mean '--kind'?
            dist x                             | 'dist' takes no arguments, but 'x' was given.
            conformance x                      | 'conformance' takes no arguments, but 'x' was given.
            repository x                       | 'repository' takes no arguments, but 'x' was given.
            setup x                            | 'setup' takes no arguments, but 'x' was given.
            """)
    void wrongUsageIsToldAtOnce(String arguments, String sentence) throws Exception {
        var outcome = cupule(arguments.split(" "));

        assertThat(outcome.said().lines()).singleElement().asString().startsWith("cupule: ").contains(sentence);
        assertThat(outcome.status()).isEqualTo(Status.USAGE);
        assertThat(folder.resolve("built")).doesNotExist();
    }

    @ParameterizedTest
    @DisplayName("'help COMMAND' prints what 'COMMAND --help' prints")
    @ValueSource(strings = {"new-device", "repository", "test", "bench", "verify", "dist", "conformance", "rig",
            "setup"})
    void helpOfACommandIsItsOwn(String command) throws Exception {
        var outcome = cupule("help", command);

        assertThat(outcome.said()).startsWith("usage: ./cupule " + command);
        assertThat(outcome).isEqualTo(cupule(command, "--help"));
        assertThat(outcome.status()).isZero();
    }

    @ParameterizedTest
    @DisplayName("'help COMMAND' of the platform's own commands prints that command's help")
    @CsvSource({"run, cupule run", "linux, cupule linux", "demo, cupule demo", "shell, cupule shell",
            "serve, cupule serve", "dev, cupule dev", "abi, cupule abi"})
    void helpOfThePlatformsCommandsIsTheirOwn(String command, String named) throws Exception {
        var outcome = run(ROOT.resolve("cupule"), "help", command);

        assertThat(outcome.said()).containsIgnoringCase("usage: " + named);
        assertThat(outcome.status()).isZero();
    }

    @ParameterizedTest
    @DisplayName("a right call of dev goes on to the build, also when the jar is not there yet")
    @ValueSource(strings = {"thermometer", "thermometer/", "thermometer/target/later.jar", "--once thermometer",
            "thermometer --timeout 3s --append --text-with-dashes", "--vm=pom.xml thermometer", "--help"})
    void aRightCallGoesOn(String arguments) throws Exception {
        cupule(("dev " + arguments).split(" "));

        assertThat(folder.resolve("built")).exists();
    }

    @Test
    @DisplayName("a project that is made in the checkout is not shown by its git, and others are")
    void aProjectInTheCheckoutIsNoPartOfIt() throws Exception {
        requireGit();
        furnishNewDevice();

        assertThat(cupule("new-device", "com.acme.barometer", "a [b]").said()).contains("made a [b]");

        assertThat(run(Path.of("git"), "status", "--porcelain", "a [b]", "thermometer").said().lines())
                .containsExactly("?? thermometer/");
    }

    private void requireGit() throws IOException, InterruptedException {
        boolean there = run(Path.of("sh"), "-c", "git init -q .").status() == 0;
        if (!there) {
            System.out.println("SKIPPED: a project made in the checkout: there is no git");
        }
        Assumptions.assumeTrue(there, "there is no git");
    }

    /** What stands for the build and the archetype: a Maven that makes an empty project. */
    private void furnishNewDevice() throws IOException {
        Files.writeString(folder.resolve("bin/mvn"),
                """
                        #!/bin/sh
                        for word; do case $word in -DoutputDirectory=*) d=${word#*=}/barometer; mkdir "$d"; >"$d/pom.xml" ;; esac; done
                        """);
        for (String module : List.of("bundles/hsm-api", "tck-device", "archetype")) {
            Path target = Files.createDirectories(folder.resolve(module).resolve("target"));
            Files.createFile(target.resolve("vendor.pom"));
            Files.createFile(target.resolve(artifact(module) + "-1.jar"));
        }
    }

    private static String artifact(String module) {
        return module.equals("archetype") ? "device-archetype" : Path.of(module).getFileName().toString();
    }

    @Test
    @DisplayName("the options of dev that are looked at before the build are those that it has")
    void optionsOfDevAreTheSame() throws Exception {
        List<MatchResult> options = OPTION.matcher(run(ROOT.resolve("cupule"), "dev", "--help").said()).results()
                .toList();

        assertThat(options).hasSizeGreaterThan(5);
        for (MatchResult option : options) {
            for (String name : option.group(1).split(", ")) {
                assertThat(cupule("dev", name).said()).contains(expected(name, !option.group(2).isEmpty()));
            }
        }
    }

    private static String expected(String option, boolean value) {
        return value ? "'" + option + "' needs a value" : option.equals("--help") ? "build" : "dev needs the folder";
    }

    private Outcome cupule(String... arguments) throws IOException, InterruptedException {
        return run(folder.resolve("cupule"), arguments);
    }

    private Outcome run(Path script, String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(List.of(script.toString()));
        line.addAll(List.of(arguments));
        Path output = Files.createTempFile(folder, "output", "");
        var builder = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().merge("PATH", folder.resolve("bin").toString(),
                (path, first) -> first + File.pathSeparator + path);
        builder.environment().put("CUPULE_HOME", folder.resolve("home").toString());
        builder.environment().put("CUPULE_BUILT", Boolean.toString(script.startsWith(ROOT)));
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }
}

// Keeps the folder of the kind that was asked for, and writes the files whose names begin with a dot.
import java.nio.file.Files
import java.nio.file.Path

Path project = Path.of(request.outputDirectory, request.artifactId)
String kind = request.properties['kind']

['port', 'mmio', 'pci', 'client'].findAll { it != kind }.each { project.resolve(it).toFile().deleteDir() }
project.resolve(kind).toFile().listFiles().each { Files.move(it.toPath(), project.resolve(it.name)) }
Files.delete(project.resolve(kind))

Files.createDirectories(project.resolve('.mvn'))
Files.writeString(project.resolve('.mvn/maven.config'), """\
-ntp
-Dcupule.repository=${request.properties['repository']}
-Daether.offline.protocols=file
""")
Files.writeString(project.resolve('.gitignore'), 'target/\n')

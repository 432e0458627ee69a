/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over every file of the folders given, or of tests/fuzz/corpus/<name>, the name being that of the
 * program without "fuzz_". A folder that is missing or empty is a failure: then nothing was tested.
 */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

/* Each input gets a block of exactly its size, so that a read too far is found. */
static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;
	size_t size;

	if (!f || fstat(fileno(f), &st) != 0) {
		perror(path);
		return 1;
	}
	size = (size_t)st.st_size;
	data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, f) != size) {
		perror(path);
		return 1;
	}
	fclose(f);
	/* The last line on stderr names the input when the target aborts. */
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned files = 0;
	struct dirent *entry;
	int failed = 0;

	while (dir && !failed && (entry = readdir(dir))) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		failed = replay_file(path);
		files++;
	}
	if (dir)
		closedir(dir);
	printf("%s: %u files\n", folder, files);
	return failed || files == 0;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/'), *srcdir = getenv("srcdir");
	char folder[4096];
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay_folder(argv[i]);
	if (argc < 2) {
		name = name ? name + 1 : argv[0];
		name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
		snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name);
		failed = replay_folder(folder);
	}
	return failed;
}
